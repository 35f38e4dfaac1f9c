/**
 * The Step Functions interpreter: operations of the service's API over HTTP, `POST /<operation>` with the API's JSON.
 * It listens on a port of its own choice, prints it, and ends when its standard input closes.
 */
import { createServer } from "node:http";
import { ApiError, operations } from "./operations.ts";

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const operation = operations[String(request.url).slice(1)];
  let status = 200;
  let content: object;
  try {
    if (operation === undefined) throw new ApiError("UnknownOperationException", String(request.url));
    content = await operation(JSON.parse(body));
  } catch (error) {
    status = error instanceof ApiError ? 400 : 500;
    content = {
      __type: error instanceof ApiError ? error.code : "InternalFailure",
      message: String(error instanceof Error ? error.message : error),
    };
    if (status === 500) console.error(error);
  }
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(content));
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" ? address?.port : address);
});
process.stdin.resume().on("end", () => process.exit());
