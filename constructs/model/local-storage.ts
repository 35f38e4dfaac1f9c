/** Whether instances of a type have disks of their own: the hardware encrypts these, and SageMaker takes no key for them. */
export function hasLocalStorage(instanceType: string): boolean {
  return /^ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|g[5-9][a-z]*|p[4-9][a-z]*|trn\d[a-z]*)\./.test(instanceType);
}
