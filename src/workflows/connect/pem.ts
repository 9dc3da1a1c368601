// PEM: certificates and keys that a setting or an option names, read and tried before a connection needs them.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { errorMessage } from "../../domain/error-message.ts";

/** Of a TLS connection, PEM. */
export interface TlsParts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Which setting or option named a part, and the file that it named. */
export interface NamedFile {
  readonly name: string;
  readonly file: string;
}

const WHAT = { ca: "authority's certificate", cert: "certificate", key: "key without a passphrase" } as const;

/** Half of one, as it is written, is not taken: Node passes over an authority that it cannot read. */
const PEM = /-----BEGIN [^]*-----END [^-]+-----\s*$/;

/** Throws InvalidInput that names the setting and the file of what cannot be used. */
export function readTls(files: { readonly [P in keyof TlsParts]?: NamedFile | undefined }): TlsParts {
  const read = (part: keyof TlsParts): TlsParts => {
    const named = files[part];
    return named === undefined ? {} : { [part]: usable(part, named) };
  };
  const tls = { ...read("ca"), ...read("cert"), ...read("key") };
  const { cert, key } = tls;
  if (cert === undefined || key === undefined) return tls;
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return tls;
  throw new InvalidInput(
    `${files.cert?.name}, ${files.key?.name}: the key in ${files.key?.file} is not that of the certificate in ${files.cert?.file}`,
  );
}

function usable(part: keyof TlsParts, { name, file }: NamedFile): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InvalidInput(`${name}: ${errorMessage(error)}`);
  }
  if (!PEM.test(text)) throw new InvalidInput(`${name}: ${file} is no PEM file: expected -----BEGIN … to -----END …`);
  try {
    createSecureContext({ [part]: text });
    return text;
  } catch (error) {
    const why = errorMessage(error);
    throw new InvalidInput(`${name}: ${file} has no ${WHAT[part]} in it that can be used (${why})`);
  }
}
