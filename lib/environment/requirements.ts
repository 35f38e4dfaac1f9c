import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EnvironmentError } from "./errors.ts";
import { localPackages } from "./local-packages.ts";

/** What is to be installed, by the list or the file that says so. */
export interface Packages {
  /** A list, as text with a package a line; absent where there is a file. */
  readonly list?: string;
  /** Absolute. */
  readonly file?: string;
  /** The list, or the file with those that it refers to. */
  readonly content: string;
  /** What is in the packages that it names by a path. */
  readonly local: string;
  /** For people: `numpy, pandas` or `requirements.txt`. */
  readonly name: string;
}

/** @param folder what files are named relative to */
export async function readPackages(packages: readonly string[] | string, folder: string): Promise<Packages> {
  if (typeof packages !== "string") {
    const list = `${packages.join("\n")}\n`;
    return { list, content: list, local: await localPackages(list, folder), name: packages.join(", ") };
  }
  const file = resolve(folder, packages);
  const content = (await readWithReferences(file, packages, new Set())).join("\n");
  return { file, content, local: await localPackages(content, folder), name: packages };
}

/** What pip is to install, a line each: what other files name is among them. @param folder what files are named relative to */
export async function requirementLines(packages: readonly string[] | string, folder: string): Promise<string[]> {
  const { content } = await readPackages(packages, folder);
  const lines = content.split("\n").map((line) => line.replace(/(?:^|\s)#.*$/, "").trim());
  return lines.filter((line) => line !== "" && !/^(?:-[rc]|--requirement|--constraint)\b/.test(line));
}

/** A requirements file names others: `-r base.txt`, `-c constraints.txt`. */
async function readWithReferences(file: string, name: string, seen: Set<string>): Promise<string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new EnvironmentError(name, `  There is no file ${file}.`, "Correct its name, or write it.", cause);
  });
  const texts = [text];
  for (const [, other = ""] of text.matchAll(/^\s*(?:-[rc]|--requirement|--constraint)[ =]?\s*(\S+)/gm)) {
    if (!/^\w+:\/\//.test(other)) texts.push(...(await readWithReferences(resolve(dirname(file), other), other, seen)));
  }
  return texts;
}
