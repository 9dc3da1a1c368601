import { threeProcesses } from "../processes.ts";
import { theBroker } from "../the-broker.ts";

threeProcesses(async () => (await theBroker()).brokers);
