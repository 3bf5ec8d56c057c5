/** An error that the caller can mend: its message is one sentence that says what was wrong and what to do. */
export class IogError extends Error {
  override name = "IogError";
}
