import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { LocalOwner, RunRecord } from "./records.ts";

let self: LocalOwner | undefined;

/** This process, as the owner of the runs that it begins. */
export function thisProcess(): LocalOwner {
  self ??= { kind: "process", host: hostname(), pid: process.pid, began: beginning(process.pid) ?? "" };
  return self;
}

/** Whether a run that `a` began may be begun again by `b`. */
export function sameOwner(a: RunRecord["owner"], b: RunRecord["owner"]): boolean {
  if (a.kind === "execution") return b.kind === "execution" && a.arn === b.arn && a.startedAt === b.startedAt;
  return b.kind === "process" && a.host === b.host && a.pid === b.pid && a.began === b.began;
}

/** The run as it is: `lost` where it is on record as running and the process that ran it is gone. What another host runs can't be told from here. */
export function withLiveness(run: RunRecord): RunRecord {
  if (run.status !== "running" || run.owner.kind !== "process" || run.owner.host !== hostname()) return run;
  return lives(run.owner) ? run : { ...run, status: "lost" };
}

function lives(owner: LocalOwner): boolean {
  if (owner.pid === process.pid) return owner.began === thisProcess().began;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // A process of another user exists but may not be signalled.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const began = beginning(owner.pid);
  return began === undefined || owner.began === "" || began === owner.began;
}

/**
 * When a process began: boot and clock ticks since then on Linux, `ps`'s date elsewhere; `""` of a process that ended and has not been waited for;
 * nothing where the system does not tell.
 */
function beginning(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      // Imported where it is needed: on AWS it would only add to the cold start.
      const { execFileSync } = process.getBuiltinModule("node:child_process");
      const environment = { ...process.env, LC_ALL: "C", TZ: "UTC" };
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env: environment }).trim();
    }
    // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return "";
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}
