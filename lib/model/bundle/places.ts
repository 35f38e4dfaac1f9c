const packages = "node_modules/";

/**
 * Code in which a package's module is `node_modules/zod/index.js` wherever npm has put the package: beside the project, above it, inside of another
 * package. The bundler names each module in a comment, or in what wraps it.
 *
 * @param inputs The paths that the bundler names.
 */
export function withoutPlaces(code: string, inputs: readonly string[]): string {
  const names = new Set(inputs.filter((input) => input.lastIndexOf(packages) > 0));
  return code.replace(/(?<=^\/\/ |")[^"\n]+(?=$|"\()/gm, (name) =>
    names.has(name) ? name.slice(name.lastIndexOf(packages)) : name,
  );
}
