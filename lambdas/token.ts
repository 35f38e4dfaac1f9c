/**
 * Names an attempt by what started it, so that a repeated call is the same attempt and a late one another: redrives of the execution, retries
 * of the state, and on Batch attempts of the job.
 */
export function attemptToken({ redrive = 0, retry, job }: { redrive?: number; retry: number; job?: number }): string {
  return job === undefined ? `${redrive}.${retry}` : `${redrive}.${retry}.${job}`;
}
