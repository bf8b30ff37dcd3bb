import { route } from "../route-declaration.ts";
import { health } from "../schemas/answers.ts";
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
