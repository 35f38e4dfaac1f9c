import { Writable } from "node:stream";
import type { Logger } from "pino";

/** Characters of a line that does not end, as of a progress bar. */
const longest = 65_536;

/**
 * What the process writes to its standard streams, as `console.log` does, becomes events of the log, whose lines then are all JSON: `info` of
 * standard output, `error` of standard error. The log itself writes past the streams.
 *
 * @returns Ends that.
 */
export function logOutput(log: Logger): () => void {
  const ends = [
    takeOver(process.stdout, (text) => log.info(text)),
    takeOver(process.stderr, (text) => log.error(text)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** What is written at once, as a trace is, is one event, if it ends with a line's end. */
function takeOver(stream: NodeJS.WriteStream, tell: (text: string) => void): () => void {
  const { write } = stream;
  let begun = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      begun += chunk.toString();
      if (begun.endsWith("\n") || begun.length > longest) flush();
      done();
    },
  });
  const flush = () => {
    const text = begun.trimEnd();
    begun = "";
    if (text !== "") tell(text);
  };
  stream.write = sink.write.bind(sink);
  return () => {
    flush();
    stream.write = write;
  };
}
