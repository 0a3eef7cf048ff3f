import type { TreeBranch, TreeStep } from "./step-tree.ts";

// Places the boxes and lines of a drawn flow. All numbers are pixels of the drawing.

export type Shape =
  | {
      type: "step";
      x: number;
      y: number;
      w: number;
      h: number;
      diamond: string | null;
      step: TreeStep;
      title: string;
      line: string;
    }
  | { type: "end"; x: number; y: number; w: number; h: number; href: string; title: string; line: string }
  | { type: "bracket"; x: number; y: number; w: number; h: number; fails: boolean; label: string }
  | { type: "edge"; d: string; fails: boolean }
  | { type: "tip"; points: string }
  | { type: "label"; x: number; y: number; text: string; detail: string };

export interface Flow {
  width: number;
  height: number;
  shapes: Shape[];
}

const BOX = { w: 216, h: 52 };
const DIAMOND = { w: 236, h: 76 };
const GAP = 28;
const ASIDE = 32;
const PAD = 14;
const HEAD = 26;
const TITLE_LENGTH = 25;
const LINE_LENGTH = 29;

/** Something drawn around a vertical line: how far it reaches to both sides, and how to draw it at a place. */
interface Block {
  left: number;
  right: number;
  h: number;
  draw(mid: number, y: number): Shape[];
}

/** The flow of steps between where it begins and what it gives. */
export function layOut(
  steps: TreeBranch,
  begins: { href: string; title: string; line: string },
  gives: { href: string; title: string; line: string },
): Flow {
  const whole = column([endBlock(begins), ...steps.steps.map(stepBlock), endBlock(gives)]);
  const width = whole.left + whole.right + 2 * PAD;
  return { width, height: whole.h + 2 * PAD, shapes: whole.draw(whole.left + PAD, PAD) };
}

function column(blocks: Block[]): Block {
  const left = Math.max(BOX.w / 2, ...blocks.map((block) => block.left));
  const right = Math.max(BOX.w / 2, ...blocks.map((block) => block.right));
  const h = blocks.reduce((sum, block) => sum + block.h, 0) + GAP * Math.max(0, blocks.length - 1);
  const draw = (mid: number, y: number) => {
    const shapes: Shape[] = [];
    let at = y;
    for (const [index, block] of blocks.entries()) {
      if (index > 0) shapes.push(...arrow(mid, at - GAP, mid, at));
      shapes.push(...block.draw(mid, at));
      at += block.h + GAP;
    }
    return shapes;
  };
  return { left, right, h, draw };
}

function stepBlock(step: TreeStep): Block {
  const fails = step.branches.find((branch) => branch.fails);
  const own = step.branches.filter((branch) => branch !== fails);
  const [only] = own;
  const body =
    only === undefined ? plain(step) : own.length === 1 && only.when === null ? round(step, only) : choice(step, own);
  return fails === undefined ? body : withAside(body, fails);
}

function plain(step: TreeStep): Block {
  const { w, h } = BOX;
  const draw = (mid: number, y: number): Shape[] => [
    { type: "step", x: mid - w / 2, y, w, h, diamond: null, step, ...words(step) },
  ];
  return { left: w / 2, right: w / 2, h, draw };
}

/** A step around others, such as a loop: a box with a bracket below it. */
function round(step: TreeStep, branch: TreeBranch): Block {
  const head = plain(step);
  const inner = column(branch.steps.map(stepBlock));
  const h = head.h + HEAD + inner.h + 2 * PAD;
  const draw = (mid: number, y: number): Shape[] => {
    const x = mid - inner.left - PAD;
    const w = inner.left + inner.right + 2 * PAD;
    const top = y + head.h / 2;
    return [
      { type: "bracket", x, y: top, w, h: h - head.h / 2, fails: false, label: "" },
      ...head.draw(mid, y),
      { type: "label", x: x + PAD, y: y + head.h + 18, text: "", detail: branch.label },
      ...inner.draw(mid, y + head.h + HEAD + PAD / 2),
    ];
  };
  return { left: inner.left + PAD, right: inner.right + PAD, h, draw };
}

/** A decision: a diamond, and its outcomes side by side. */
function choice(step: TreeStep, branches: TreeBranch[]): Block {
  const columns = branches.map((branch) => column(branch.steps.map(stepBlock)));
  const widths = columns.map(({ left, right }) => left + right);
  const total = widths.reduce((sum, width) => sum + width, 0) + ASIDE * (columns.length - 1);
  const deep = Math.max(...columns.map(({ h }) => h));
  const first = DIAMOND.h + HEAD + GAP;
  const h = first + deep + GAP;
  const draw = (mid: number, y: number): Shape[] => {
    const { w, h: height } = DIAMOND;
    const [x, middle, low] = [mid - w / 2, y + height / 2, y + height];
    const diamond = `${mid},${y} ${mid + w / 2},${middle} ${mid},${low} ${x},${middle}`;
    const shapes: Shape[] = [{ type: "step", x, y, w, h: height, diamond, step, ...words(step) }];
    let at = mid - total / 2;
    for (const [index, one] of columns.entries()) {
      const own = at + one.left;
      const { label, when } = branches[index]!;
      const top = y + first;
      shapes.push(...bent(mid, low, own, top));
      shapes.push({ type: "label", x: own + 8, y: low + 30, text: short(label, 22), detail: short(when ?? "", 30) });
      shapes.push(...one.draw(own, top));
      shapes.push({ type: "edge", d: `M${own} ${top + one.h}V${y + h - GAP / 2}H${mid}V${y + h}`, fails: false });
      at += widths[index]! + ASIDE;
    }
    return shapes;
  };
  return { left: total / 2, right: total / 2, h, draw };
}

/** What is done on failure stands beside the step. */
function withAside(body: Block, branch: TreeBranch): Block {
  const inner = column(branch.steps.map(stepBlock));
  const width = inner.left + inner.right + 2 * PAD;
  const aside = inner.h + HEAD + PAD;
  const h = Math.max(body.h, aside);
  const draw = (mid: number, y: number): Shape[] => {
    const x = mid + body.right + ASIDE;
    return [
      ...(h > body.h ? [{ type: "edge" as const, d: `M${mid} ${y + body.h}V${y + h}`, fails: false }] : []),
      ...body.draw(mid, y),
      { type: "bracket", x, y, w: width, h: aside, fails: true, label: branch.label },
      { type: "edge", d: `M${mid + BOX.w / 2} ${y + BOX.h / 2}H${x}`, fails: true },
      ...inner.draw(x + PAD + inner.left, y + HEAD),
    ];
  };
  return { left: body.left, right: body.right + ASIDE + width, h, draw };
}

function endBlock({ href, title, line }: { href: string; title: string; line: string }): Block {
  const [w, h] = [BOX.w, 44];
  const draw = (mid: number, y: number): Shape[] => [
    { type: "end", x: mid - w / 2, y, w, h, href, title, line: short(line, LINE_LENGTH) },
  ];
  return { left: w / 2, right: w / 2, h, draw };
}

function arrow(x: number, from: number, to: number, y: number): Shape[] {
  return [{ type: "edge", d: `M${x} ${from}L${to} ${y - 5}`, fails: false }, tip(to, y)];
}

/** Down, across and down again. */
function bent(x: number, from: number, to: number, y: number): Shape[] {
  return [{ type: "edge", d: `M${x} ${from}V${from + 12}H${to}V${y - 5}`, fails: false }, tip(to, y)];
}

function tip(x: number, y: number): Shape {
  return { type: "tip", points: `${x - 4},${y - 7} ${x + 4},${y - 7} ${x},${y}` };
}

function words({ title, line }: TreeStep) {
  return { title: short(title, TITLE_LENGTH), line: short(line, LINE_LENGTH) };
}

function short(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
