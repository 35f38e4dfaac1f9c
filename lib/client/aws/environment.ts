import { sdk } from "./sdk.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with credentials and region in it: where there are none, those that the AWS SDK finds, in profiles and single sign-on for
 * example. They hold for as long as the session that they come from.
 */
export async function awsEnvironment(env: Environment = process.env): Promise<Environment> {
  if (env.AWS_ACCESS_KEY_ID || env.AWS_CONTAINER_CREDENTIALS_FULL_URI || env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)
    return env;
  const { SFNClient } = await sdk("@aws-sdk/client-sfn", () => import("@aws-sdk/client-sfn"));
  const { config } = new SFNClient({});
  const [{ accessKeyId, secretAccessKey, sessionToken }, region] = await Promise.all([
    config.credentials(),
    env.AWS_REGION || env.AWS_DEFAULT_REGION || config.region(),
  ]);
  return {
    ...env,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
