/** The name of a bundle's manifest: apart from what reads it, for whoever only writes one. */
export const manifestFile = "millrace-bundle.json";
