import type { StoreLocation } from "../../lib/client/open.ts";
import type { BundleManifest } from "../../lib/model/bundle/manifest.ts";
import type { PlacedEnvironment } from "../../lib/model/python/load.ts";

/** What the bundling process is asked for a service. */
export interface ServiceRequest {
  /** A bundle's folder, or a service's file. */
  readonly target: string;
  /** By the model's path in the service: a version of the store. */
  readonly models: Readonly<Record<string, string>>;
  readonly store?: StoreLocation;
  /** What a service in Python runs in where its class names no environment; files are named relative to the folder. */
  readonly python?: PlacedEnvironment;
  /** A folder for the bundle; it lives as long as the app's process. */
  readonly scratch: string;
  /** Whether the bundle is wanted, or its manifest alone. */
  readonly bundle: boolean;
}

export interface ServiceBundle {
  /** Absolute. */
  readonly folder: string;
  readonly manifest: BundleManifest;
}
