// For TypeScript, which does not read the plain scripts.

export interface Jars {
  readonly pom: string;
  readonly what: string;
  readonly has: string;
}
export declare const STREAMS: Jars;
export declare const EXAMPLES: Jars;
export declare function kafkaJars(root: string, say: (line: string) => void, jars?: Jars): Promise<string>;
export declare function checkJava(): Promise<void>;
