/** The run goes on at that time, perhaps in another process. */
export class Suspended extends Error {
  readonly until: Date;

  constructor(until: Date) {
    super("suspended");
    this.until = until;
  }
}
