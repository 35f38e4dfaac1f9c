export function measure(flow: { readonly floats: Float64Array; total: number }): void {
  flow.total = flow.floats.length;
}
