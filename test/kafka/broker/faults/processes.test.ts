import { threeProcesses } from "../../workers/processes.ts";
import { theBroker } from "../../the-broker.ts";

threeProcesses(async () => (await theBroker()).brokers);
