/**
 * At once when it is in memory, else later. Where every request passes, only what is a promise is awaited: an await
 * comes back after everything else that is ready at that moment, with the processor's caches full of other things.
 */
export type Soon<T> = T | Promise<T>;

/** What `next` makes of a value: at once when that is there. */
export function soon<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
