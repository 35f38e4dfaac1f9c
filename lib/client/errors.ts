import { MillraceError } from "../errors.ts";
import { nearest } from "../flow/check/near.ts";

/** The base of what goes wrong when runs are read. */
export class ClientError extends MillraceError {}

/** What was asked for is not on record. The fix names what is there, the most similar first. */
export class NotFoundError extends ClientError {
  /** @param there - What there is instead, in the order in which it is worth naming. */
  constructor(what: string, name: string, there: readonly string[]) {
    const similar = nearest(name, there);
    const names = similar === undefined ? there : [similar, ...there.filter((other) => other !== similar)];
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    const hint = similar === undefined ? "" : `Did you mean ${similar}? `;
    super("NOT_FOUND", `There is no ${what} ${JSON.stringify(name)}.`, {
      fix:
        names.length === 0
          ? "There is none at all yet."
          : names.length === 1
            ? `There is only ${names[0]}.`
            : `${hint}There are ${names.slice(0, 5).join(", ")}${more}.`,
    });
  }
}
