// Kafka TLS: the files that the settings name, as they are when a connection begins, so that a certificate can be renewed
// while the program runs. Amid a change, when certificate and key are not of one another, those before are taken.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { KafkaTls } from "../../log/kafka/settings.ts";
import type { Config } from "../../settings/config.ts";
import { SETTINGS } from "../../settings/table/settings.ts";
import { readTls } from "./pem.ts";

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
  const named = (name: keyof TlsFiles) => {
    const file = files[name];
    return file === null ? undefined : { name: SETTINGS[name].env, file };
  };
  return readTls({ ca: named("kafkaTlsCa"), cert: named("kafkaTlsCert"), key: named("kafkaTlsKey") });
}
