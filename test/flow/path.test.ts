import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childPath, iterationCount, iterationIndex, parseTaskId, taskId } from "../../lib/flow/path.ts";

describe("a task's path", () => {
  it("has an index for each foreach, and the visit of a splitter that a loop came by before", () => {
    expect(childPath("", 0)).toBe("");
    expect(childPath("", 0, 3)).toBe("3");
    expect(childPath("3", 0, 1)).toBe("3.1");
    expect(childPath("", 2)).toBe("~2");
    expect(childPath("", 2, 1)).toBe("~2.1");
    expect(childPath("3", 2, 1)).toBe("3~2.1");
  });

  it("tells two loops around nested splits apart", () => {
    expect(childPath(childPath("", 2), 0)).toBe("~2~0");
    expect(childPath(childPath("", 0), 2)).toBe("~2");
  });

  it("tells the iteration", () => {
    expect(["", "~2", "7", "3.1", "~2.1", "3~2.1~4~0"].map(iterationIndex)).toEqual([undefined, undefined, 7, 1, 1, 1]);
  });

  it("tells how many iterations there are, from those of all foreachs around", () => {
    expect(iterationCount("40.3", "7")).toBe(40);
    expect(iterationCount("40.3", "~1.7~2.1")).toBe(3);
    expect(iterationCount("40.3", "~1")).toBeUndefined();
    expect(iterationCount("", "")).toBeUndefined();
  });
});

describe("a task's name within its step", () => {
  it("is 0 outside of foreachs, the indices inside, with the visit behind it", () => {
    expect(taskId("", 0)).toBe("0");
    expect(taskId("3.1", 0)).toBe("3.1");
    expect(taskId("3.1", 2)).toBe("3.1@2");
    expect(taskId("~2", 1)).toBe("0~2@1");
  });

  it.each(["", "x", "0.1", "1", "0@0", "0@01", "-1", "0/1", "1.", "0 "])("is not %j outside of foreachs", (id) => {
    expect(parseTaskId(id, 0)).toBeUndefined();
  });

  /** The splits and foreachs around a step, the same for all of its tasks; and for each the visit and the index of one task. */
  const level = fc.record({ foreach: fc.boolean() });
  const tasks = fc.array(level, { maxLength: 4 }).chain((levels) => {
    const task = fc.tuple(
      fc.tuple(...levels.map(() => fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })))),
      fc.nat({ max: 12 }),
    );
    return fc.tuple(fc.constant(levels), task, task);
  });
  const pathOf = (levels: readonly { foreach: boolean }[], marks: readonly (readonly [number, number])[]) =>
    levels.reduce((path, { foreach }, index) => {
      const [visit = 0, iteration = 0] = marks[index] ?? [];
      return childPath(path, visit, foreach ? iteration : undefined);
    }, "");

  it("can be read back, and means nothing to a shell", () => {
    fc.assert(
      fc.property(tasks, ([levels, [marks, visit]]) => {
        const path = pathOf(levels, marks);
        const id = taskId(path, visit);
        expect(id).toMatch(/^\d[\d.~@]*$/);
        expect(parseTaskId(id, levels.filter(({ foreach }) => foreach).length)).toEqual({ path, visit });
      }),
    );
  });

  it("is another for every other task of the step", () => {
    fc.assert(
      fc.property(tasks, ([levels, [marks, visit], [otherMarks, otherVisit]]) => {
        const meaning = (all: readonly (readonly [number, number])[], own: number) =>
          JSON.stringify([own, ...all.map(([mark, index], at) => (levels[at]?.foreach ? [mark, index] : [mark]))]);
        const same = meaning(marks, visit) === meaning(otherMarks, otherVisit);
        expect(taskId(pathOf(levels, marks), visit) === taskId(pathOf(levels, otherMarks), otherVisit)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });
});
