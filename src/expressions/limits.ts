// How much an expression may ask for. Texts come from many hands, and the data from strangers.

/** Characters of one expression. */
export const EXPRESSION_LENGTH = 8 * 1024;
/** Characters of one template, with all its placeholders. */
export const TEMPLATE_LENGTH = 64 * 1024;

/** What the parser refuses, so that a parsed expression is small whatever its text was. */
export const STRUCTURE = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 200,
  maxCallArguments: 16,
};

/** Characters of a text that an expression makes on its way. */
export const TEXT_LENGTH = 1024 * 1024;
/** Items of a list that an expression makes on its way. */
export const LIST_LENGTH = 100_000;
/** Levels of lists and maps in data and results. JSON from people's programs has ten at most. */
export const DEPTH = 100;

/** Bytes of one result, as JSON. */
export const RESULT_BYTES = 1024 * 1024;
/** Bytes of all results of one call together, as JSON. */
export const RESULTS_BYTES = 4 * 1024 * 1024;
/** Characters of the data that one call reads, as JSON: eight times that fits in a worker. */
export const DATA_LENGTH = 4 * 1024 * 1024;

/** Workers, at most: expressions are short, and the main thread has work of its own. */
export const WORKERS = 2;
/** From giving a worker its task to having the answer. */
export const WALL_MILLISECONDS = 1000;
export const WORKER_MEMORY = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };
/** Issues that one error lists; who has more will see the rest next time. */
export const ISSUES = 20;
