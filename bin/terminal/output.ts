let ends = true;

/**
 * A command whose output nobody takes has nothing left to do: without a word where its reader has gone (`millrace list | head -1`), as a
 * failure where the output cannot be written.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && process.exitCode === undefined) {
        process.exitCode = 1;
        if (stream === process.stdout) process.stderr.write(`error: The output cannot be written: ${error.message}.\n`);
      }
      if (ends) process.exit();
    });
  }
}

/** For a run: it goes on to its end, and its lines and artifacts are on record. */
export function goOnWithoutOutput(): void {
  ends = false;
}

/** Text of others, names of files say, as it may be sent to a terminal: control characters are escaped. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) =>
    character === "\t" ? character : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
