/** What `run` throws; a failure of the test where it throws nothing. */
export function failureOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("It was expected to fail, but did not.");
}
