import type { FastifyInstance, FastifyReply } from "fastify";
import type { Logger } from "pino";
import { bodyOf } from "../body.ts";
import { disposition } from "../disposition.ts";
import type { Endpoint } from "../endpoint.ts";
import { Jobs } from "./jobs.ts";

interface JobRoute {
  readonly Params: { readonly id: string };
}

/** `POST /API/jobs`, then `GET /jobs/ID`, `GET /jobs/ID/result` and `DELETE /jobs/ID`. */
export function addJobRoutes(app: FastifyInstance, endpoints: Iterable<Endpoint>, log: Logger): void {
  const jobs = new Jobs();
  app.addHook("onClose", async () => jobs.close());
  for (const endpoint of endpoints) {
    const { name, maxBody } = endpoint.api;
    app.post(`/${name}/jobs`, { bodyLimit: maxBody }, async (request, reply) => {
      const input = await endpoint.read(bodyOf(request));
      const job = jobs.submit(endpoint, input, request.headers.accept, (error) =>
        log.error({ requestId: request.id, err: error }, "a job failed"),
      );
      return reply.code(202).header("location", `/jobs/${job.id}`).send(job);
    });
  }
  app.get<JobRoute>("/jobs/:id", async ({ params }) => jobs.find(params.id));
  app.get<JobRoute>("/jobs/:id/result", async ({ params }, reply): Promise<FastifyReply> => {
    const { type, body, name } = jobs.result(params.id);
    if (name !== undefined) reply.header("content-disposition", disposition(name));
    return reply.type(type).send(body);
  });
  app.delete<JobRoute>("/jobs/:id", async ({ params }) => jobs.cancel(params.id));
}
