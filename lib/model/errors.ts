import { MillraceError } from "../errors.ts";

/** The base of everything that services, bundles and the server raise on purpose. */
export class ModelError extends MillraceError {}
