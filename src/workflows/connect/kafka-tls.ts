// Kafka TLS: the files that the settings name, as they are when a connection begins, so that a certificate can be renewed
// while the program runs. Amid a change, when certificate and key are not of one another, those before are taken.

import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { InvalidInput } from "../../domain/campaign.ts";
import type { KafkaTls } from "../../log/kafka/settings.ts";
import { SETTINGS, type Config } from "../../settings/config.ts";

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
  const { kafkaTlsCa: ca, kafkaTlsCert: cert, kafkaTlsKey: key } = files;
  const tls = {
    ...(ca === null ? {} : { ca: pem("kafkaTlsCa", ca) }),
    ...(cert === null ? {} : { cert: pem("kafkaTlsCert", cert) }),
    ...(key === null ? {} : { key: pem("kafkaTlsKey", key) }),
  };
  try {
    createSecureContext(tls);
    return tls;
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
