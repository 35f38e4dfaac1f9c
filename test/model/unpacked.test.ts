import { describe, expect, it } from "vitest";
import { modelPaths } from "../../lib/model/service/parts.ts";
import { PartlyPacked } from "./fixtures/partly-packed.ts";

describe("a plain call of a service", () => {
  it("that reads a model without a value says which, and what to do", () => {
    const names = () => new PartlyPacked().names();
    expect(names).toThrow(
      expect.objectContaining({
        code: "NOT_PACKED",
        message: "PartlyPacked has no value for weights.",
        fix: 'Give it one: .pack("weights", …), or --model weights=MODEL with a model of the store.',
      }),
    );
  });

  it("that reads one of a part says so too", async () => {
    const service = new PartlyPacked();
    await expect(service.scaled(2)).rejects.toMatchObject({
      code: "NOT_PACKED",
      message: "Scaler has no value for factor.",
    });
    service.scaler.pack("factor", 3);
    expect(await service.scaled(2)).toBe(6);
  });

  it("that does without them is answered", () => {
    const service = new PartlyPacked().pack("bias", 2);
    expect(service.shift(3)).toBe("6 kg");
    expect(service.same(3)).toBe(3);
    const { same } = service;
    expect(same(3)).toBe(3);
  });

  it("leaves the service as it was: models are packed, and known, as before", () => {
    const service = new PartlyPacked();
    service.same(1);
    const paths = (...packed: string[]) =>
      ["scaler.factor", "weights", "bias", "start"].map((path) => ({ path, isPacked: packed.includes(path) }));
    expect(modelPaths(service)).toEqual(paths("start"));
    service.pack("weights", { a: 1 });
    service.bias = 4;
    expect(modelPaths(service)).toEqual(paths("start", "weights", "bias"));
    expect(service.names()).toEqual(["a"]);
    expect(Object.getOwnPropertyDescriptor(service, "weights")).toEqual({
      value: { a: 1 },
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(() => service.pack("weight" as never, 1 as never)).toThrow(
      expect.objectContaining({ code: "MODEL_NAME", fix: "It has weights, bias, start." }),
    );
  });

  it("is one of a method with its own name", () => {
    expect(PartlyPacked.prototype.names.name).toBe("names");
  });
});
