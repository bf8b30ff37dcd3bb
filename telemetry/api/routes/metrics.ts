import { TEXT_TYPE } from "../../metrics/metric.ts";
import { route } from "../route-declaration.ts";
import { nothing } from "./parameters.ts";

export const metrics = route({
  method: "GET",
  path: "/metrics",
  about: "Metrics for Prometheus. What is unknown is left out.",
  needs: "view",
  params: nothing,
  query: nothing,
  answer: { status: 200, about: "Text format 0.0.4", type: TEXT_TYPE },
  problems: {},
  handle: async ({ metricsText }) => ({ text: metricsText?.() ?? "", type: TEXT_TYPE }),
});
