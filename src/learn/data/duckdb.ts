// DuckDB
// The edge to the database that reads logs: one scratch database on disk per dataset, bounded in memory.
// Everything that leaves here is a number, a text or a column vector of at most 2,048 rows.

import { itemAt } from "../../domain/assert.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection, type DuckDBDataChunk } from "@duckdb/node-api";

export type SqlValue = string | number | bigint | boolean | null;

export interface Database {
  /** Its scratch folder, which goes when it is closed. */
  readonly folder: string;
  run(sql: string): Promise<void>;
  /** For small answers only: counts, names, categories. */
  rows(sql: string): Promise<SqlValue[][]>;
  /** Chunks in the order of the query, on a connection of its own that closes when the caller stops. */
  stream(sql: string): AsyncIterable<DuckDBDataChunk>;
  /** Adds rows, given by column, to the end of a table of integers and floats. */
  append(table: string, columns: readonly (Int32Array | Float32Array)[]): Promise<void>;
  /** Closes it and deletes its folder. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Folder under which the scratch folder is made; the system's temporary folder by default. */
  readonly scratch?: string | undefined;
  /** DuckDB's own bound, for instance `1GB`. */
  readonly memoryLimit?: string | undefined;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const folder = await mkdtemp(join(options.scratch ?? tmpdir(), "stipend-dataset-"));
  const instance = await DuckDBInstance.create(join(folder, "log.duckdb"), {
    memory_limit: options.memoryLimit ?? "1GB",
    temp_directory: join(folder, "spill"),
    preserve_insertion_order: "true",
    // Nothing is fetched from elsewhere while a log is read.
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  return {
    folder,
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: (sql) => smallAnswer(connection, sql),
    stream: (sql) => chunks(instance, sql),
    append: (table, columns) => appendTo(connection, table, columns),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function smallAnswer(connection: DuckDBConnection, sql: string): Promise<SqlValue[][]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRows().map((row) =>
    row.map((value) => {
      if (value === null || typeof value !== "object") return value;
      return value.toString();
    }),
  );
}

async function appendTo(
  connection: DuckDBConnection,
  table: string,
  columns: readonly (Int32Array | Float32Array)[],
): Promise<void> {
  const appender = await connection.createAppender(table);
  const rows = itemAt(columns, 0).length;
  for (let row = 0; row < rows; row += 1) {
    for (const column of columns)
      if (column instanceof Int32Array) appender.appendInteger(column[row]!);
      else appender.appendFloat(column[row]!);
    appender.endRow();
  }
  appender.closeSync();
}

async function* chunks(instance: DuckDBInstance, sql: string): AsyncGenerator<DuckDBDataChunk> {
  const connection = await instance.connect();
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  } finally {
    connection.closeSync();
  }
}
