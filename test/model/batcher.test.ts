import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Batcher } from "../../lib/model/server/batching/batcher.ts";
import { CostModel } from "../../lib/model/server/batching/cost.ts";
import type { Rows } from "../../lib/model/service/rows.ts";

const list = (rows: Rows) => rows as readonly unknown[];

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("Batcher", () => {
  it("never mixes up answers, whatever arrives, fails or is slow", async () => {
    const request = fc.record({
      rows: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 9 }),
      after: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
        async (requests, maxSize, delays) => {
          const sizes: number[] = [];
          const batcher = new Batcher(
            async (rows) => {
              sizes.push(list(rows).length);
              await turns(delays.next().value);
              if (list(rows).includes(13)) throw new Error("bad luck");
              return list(rows).map((row) => `answer ${row}`);
            },
            { maxSize, maxLatency: 1000 },
          );
          const answers: Promise<unknown>[] = [];
          for (const { rows, after } of requests) {
            answers.push((async () => await batcher.submit(rows))().catch((error: Error) => error.message));
            await turns(after);
          }
          expect(await Promise.all(answers)).toEqual(
            requests.map(({ rows }) => (rows.includes(13) ? "bad luck" : rows.map((row) => `answer ${row}`))),
          );
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(maxSize);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("meets its latency bound and calls each row once, whenever requests arrive", async () => {
    vi.useFakeTimers();
    const request = fc.record({ rows: fc.integer({ min: 1, max: 9 }), after: fc.integer({ min: 0, max: 12 }) });
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(request, { minLength: 1, maxLength: 60 }),
          fc.integer({ min: 1, max: 8 }),
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 0, max: 40 }),
          async (requests, maxSize, cost, maxLatency) => {
            const called: unknown[] = [];
            const batcher = new Batcher(
              async (rows) => {
                called.push(...list(rows));
                await new Promise((resolve) => setTimeout(resolve, cost));
                return rows;
              },
              { maxSize, maxLatency },
            );
            const took: number[] = [];
            const refused: unknown[] = [];
            const accepted: string[] = [];
            const ask = async (id: number, count: number) => {
              const rows = Array.from({ length: count }, (_, i) => `${id}.${i}`);
              const began = performance.now();
              try {
                expect(await batcher.submit(rows)).toEqual(rows);
                // A request with more rows than a call takes waits for its own calls too.
                took.push(performance.now() - began - (Math.ceil(count / maxSize) - 1) * cost);
                accepted.push(...rows);
              } catch (error) {
                refused.push(error);
              }
            };
            // What a call costs is not known before the first one.
            const first = ask(-1, maxSize);
            await vi.advanceTimersByTimeAsync(cost);
            const asked = [first];
            for (const [id, { rows, after }] of requests.entries()) {
              asked.push(ask(id, rows));
              await vi.advanceTimersByTimeAsync(after);
            }
            await vi.runAllTimersAsync();
            await Promise.all(asked);
            // Before its own call: the one that runs (which may have several parts), and the calls of maxLatency. A timer takes a millisecond.
            const running = Math.ceil(9 / maxSize) * cost;
            expect(Math.max(...took)).toBeLessThanOrEqual(maxLatency + running + cost + 1);
            expect(called.toSorted()).toEqual(accepted.toSorted());
            for (const error of refused) {
              expect(error).toMatchObject({ status: 503, code: "OVERLOADED", retryAfter: expect.any(Number) });
            }
          },
        ),
        { numRuns: 100 },
      );
    } finally {
      vi.useRealTimers();
    }
  });

  it("gathers what arrives while a call runs, by rows", async () => {
    const calls: (readonly unknown[])[] = [];
    const first = Promise.withResolvers<void>();
    const batcher = new Batcher(
      async (rows) => {
        calls.push(list(rows));
        await first.promise;
        return rows;
      },
      { maxSize: 4, maxLatency: 1000 },
    );
    const answers = [[0], [1, 2], [3], [4, 5, 6, 7, 8], [9]].map((rows) => batcher.submit(rows));
    first.resolve();
    expect(await Promise.all(answers)).toEqual([[0], [1, 2], [3], [4, 5, 6, 7, 8], [9]]);
    expect(calls).toEqual([[0], [1, 2, 3], [4, 5, 6, 7], [8], [9]]);
  });

  it("refuses at once what would wait longer than is allowed, with the seconds after which to come again", async () => {
    let gate = Promise.withResolvers<void>();
    const batcher = new Batcher(
      async (rows) => {
        await gate.promise;
        return rows;
      },
      { maxSize: 2, maxLatency: 5 },
    );
    const measured = batcher.submit([0, 0]);
    setTimeout(gate.resolve, 20);
    await measured;
    gate = Promise.withResolvers();
    const running = batcher.submit([1, 1]);
    const next = batcher.submit([2, 2]);
    expect(() => batcher.submit([3])).toThrow(
      expect.objectContaining({ status: 503, code: "OVERLOADED", retryAfter: 1 }),
    );
    gate.resolve();
    expect(await Promise.all([running, next])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it("leaves out rows that nobody waits for any more", async () => {
    const calls: (readonly unknown[])[] = [];
    const gate = Promise.withResolvers<void>();
    const batcher = new Batcher(
      async (rows) => {
        calls.push(list(rows));
        await gate.promise;
        return rows;
      },
      { maxSize: 9, maxLatency: 1000 },
    );
    const running = batcher.submit([0]);
    void batcher.submit([1], { isAbandoned: true });
    const last = batcher.submit([2]);
    gate.resolve();
    await Promise.all([running, last]);
    expect(calls).toEqual([[0], [2]]);
  });

  it("tries no rows again after a failure that nobody waits for any more", async () => {
    const calls: (readonly unknown[])[] = [];
    const gate = Promise.withResolvers<void>();
    const batcher = new Batcher(
      async (rows) => {
        calls.push(list(rows));
        await gate.promise;
        if (list(rows).length > 1) throw new Error("bad luck");
        return rows;
      },
      { maxSize: 3, maxLatency: 1000 },
    );
    const waiting = { isAbandoned: false };
    const running = batcher.submit([0]);
    void batcher.submit([1], waiting);
    const last = batcher.submit([2]);
    gate.resolve();
    await running;
    waiting.isAbandoned = true;
    expect(await last).toEqual([2]);
    expect(calls).toEqual([[0], [1, 2], [2]]);
  });

  it.each([
    [() => [1, 2, 3], "The method returned 3 results for 2 rows."],
    [() => "text", "The method returned string for 2 rows."],
  ])("says where a method does not return a result for each row", async (method, message) => {
    const batcher = new Batcher(method, { maxSize: 9, maxLatency: 1000 });
    expect(() => batcher.submit([1, 2])).toThrow(message);
  });
});

describe("CostModel", () => {
  it("finds the cost of a call and of a row", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 80 }),
        (perRow, perCall, sizes) => {
          const cost = new CostModel();
          for (const rows of sizes) cost.observe(rows, perRow * rows + perCall);
          expect(cost.estimate(500)).toBeCloseTo(perRow * 500 + perCall, 3);
        },
      ),
    );
  });

  it("forgets calls that are long ago", () => {
    const cost = new CostModel();
    for (let i = 0; i < 50; i++) cost.observe(1 + (i % 2), 1000);
    for (let i = 0; i < 50; i++) cost.observe(1 + (i % 2), 4);
    expect(cost.estimate(1)).toBeCloseTo(4);
  });
});
