import { type Shape, shapes } from "./shapes.ts";

/** The shapes again as files without TypeScript, every step a Python function. */
export const pythonShapes: readonly Shape[] = shapes
  .filter(({ file }) => file === undefined)
  .map((shape) => ({ ...shape, file: `../python/${shape.name}.yaml`, flow: `${shape.flow}InPython` }));
