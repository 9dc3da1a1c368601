// Kafka TLS: the files that the settings name, as they are when a connection begins, so that a certificate can be renewed
// while the program runs. Amid a change, when certificate and key are not of one another, those before are taken.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { InvalidInput } from "../../domain/campaign.ts";
import type { KafkaTls } from "../../log/kafka/settings.ts";
import type { Config } from "../../settings/config.ts";
import { SETTINGS } from "../../settings/table/settings.ts";

type TlsFiles = Pick<Config, "kafkaTlsCa" | "kafkaTlsCert" | "kafkaTlsKey">;

/** Throws InvalidInput where they cannot be used now; later, what cannot be used leaves what there was. */
export function tlsFiles(files: TlsFiles): () => KafkaTls {
  let last = read(files);
  return () => {
    try {
      last = read(files);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
    }
    return last;
  };
}

function read(files: TlsFiles): KafkaTls {
  const { kafkaTlsCa, kafkaTlsCert, kafkaTlsKey } = files;
  const tls: KafkaTls = {
    ...(kafkaTlsCa === null ? {} : { ca: pem("kafkaTlsCa", kafkaTlsCa) }),
    ...(kafkaTlsCert === null ? {} : { cert: pem("kafkaTlsCert", kafkaTlsCert) }),
    ...(kafkaTlsKey === null ? {} : { key: pem("kafkaTlsKey", kafkaTlsKey) }),
  };
  try {
    createSecureContext(tls);
    const { cert, key } = tls;
    if (cert === undefined || key === undefined || new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      return tls;
    throw new Error("the key is not the certificate's");
  } catch (error) {
    const named = NAMES.filter((name) => files[name] !== null).map(envOf);
    throw new InvalidInput(`${named.join(", ")}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const NAMES = ["kafkaTlsCa", "kafkaTlsCert", "kafkaTlsKey"] as const;

/** Half of one, as it is written, is not taken: Node passes over an authority that it cannot read. */
const PEM = /-----BEGIN [^]*-----END [^-]+-----\s*$/;

function envOf(name: keyof TlsFiles): string {
  return SETTINGS[name].env;
}

function pem(name: keyof TlsFiles, file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (PEM.test(text)) return text;
  } catch (error) {
    throw new InvalidInput(`${envOf(name)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new InvalidInput(`${envOf(name)}: ${file} is no PEM file`);
}
