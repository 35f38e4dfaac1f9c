import { UsageError } from "../terminal/errors.ts";

const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const host = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";

/** As the specification of references to images has it: a registry, a path in small letters, a tag. */
const pattern = new RegExp(`^(?:${host}/)?${part}(?:/${part})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$`);

/** @throws UsageError where the text is no name that an image can have. */
export function imageName(text: string): string {
  if (pattern.test(text)) return text;
  throw new UsageError(
    `${JSON.stringify(text)} is no name of an image.`,
    "Give --tag a path in small letters, with a registry before it and a tag behind it where need be: registry.example.com/iris:1.2.0.",
  );
}

/** Of a bundle: in a tag there is no `+`, which a version may have. */
export function bundleImageName(name: string, version: string): string {
  return imageName(`${name}:${version.replaceAll("+", "_")}`);
}
