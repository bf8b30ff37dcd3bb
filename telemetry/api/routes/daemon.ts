import { route } from "../route-declaration.ts";
import { accepted, health } from "../schemas/answers.ts";
import { snapshot } from "../schemas/snapshot.ts";
import { nothing } from "./parameters.ts";

export const healthz = route({
  method: "GET",
  path: "/healthz",
  about: "Whether the daemon answers",
  needs: "nothing",
  params: nothing,
  query: nothing,
  answer: { status: 200, about: "It does", schema: health },
  problems: {},
  handle: async () => ({ status: 200, body: { status: "ok" } }),
});

export const state = route({
  method: "GET",
  path: "/api/v1/state",
  about: "What the daemon knows now: the WebSocket's snapshot",
  needs: "view",
  params: nothing,
  query: nothing,
  answer: { status: 200, about: "The snapshot", schema: snapshot },
  problems: {},
  handle: async ({ hub }) => ({ status: 200, body: hub.snapshot() }),
});

export const emergencyOff = route({
  method: "POST",
  path: "/api/v1/emergency-off",
  about: "Switches core power off, now",
  needs: "emergency",
  params: nothing,
  query: nothing,
  answer: { status: 202, about: "It is being switched off", schema: accepted },
  problems: { 503: "It could not be asked for: cut the power by hand" },
  async handle(context) {
    await context.emergencyOff();
    return { status: 202, body: { message: "Emergency-off accepted: core power is being switched off." } };
  },
});
