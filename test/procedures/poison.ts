// Loaded before `stipend run`: gives it a defect that nobody thought of, at sessions whose id begins so.

import { codecFor } from "../../src/log/codec/codec.ts";

const codec = codecFor("sessions");
const decode = codec.decode.bind(codec);
Object.assign(codec, {
  decode(bytes: Uint8Array) {
    const session = decode(bytes);
    if (session.sessionId.startsWith("poison")) throw new TypeError("cannot read properties of undefined");
    return session;
  },
});
