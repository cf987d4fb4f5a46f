/** The words of anything that was thrown. */
export function wordsOf(error) {
  return String(error?.message ?? error);
}
