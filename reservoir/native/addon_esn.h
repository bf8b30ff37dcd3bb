// N-API glue of the echo state network (esn.h).
#pragma once
#include <utility>

#include "addon_options.h"
#include "esn.h"

namespace asicr {

class EsnTask : public Task {
 public:
  EsnTask(Napi::Env env, const Napi::Object& options, const EsnNetwork& network, const double* inputs, size_t steps, double* state,
          double* states)
      : Task(env, options), network_(network), inputs_(inputs), steps_(steps), state_(state), states_(states) {}

  void Execute() override {
    Team team(membersForEsn(network_.rowStart[network_.nodes], steps_));
    if (!harvestEsn(network_, inputs_, steps_, state_, states_, team)) SetError("out of memory");
  }

 protected:
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  EsnNetwork network_;
  const double* inputs_;
  size_t steps_;
  double* state_;
  double* states_;
};

inline Napi::Value harvest(const Napi::CallbackInfo& info) {
  Options options(info);
  EsnNetwork network;
  network.nodes = options.size("nodes", 1, kMostColumns);
  network.inputs = options.size("inputs", 1, kMostColumns);
  const size_t steps = options.size("steps", 0, kMostRows);
  const size_t entries = options.lengthOf("value");
  network.rowStart = options.words("rowStart", network.nodes + 1);
  network.column = options.words("column", entries);
  network.value = options.doubles("value", entries);
  network.inputWeights = options.doubles("inputWeights", network.nodes * network.inputs);
  network.bias = options.doubles("bias", network.nodes);
  network.leak = options.real("leak");
  const double* inputs = options.doubles("input", steps * network.inputs);
  double* state = options.doubles("state", network.nodes);
  double* states = options.doubles("states", steps * network.nodes);
  if (options.ok() && !(network.leak > 0 && network.leak <= 1)) options.refuse("leak", "above 0 and at most 1");
  if (options.ok() && !validRows(network.rowStart, network.nodes, network.column, entries))
    options.refuse("rowStart", "rising from 0 to the number of entries, with every column a node");
  const std::pair<const char*, std::pair<const double*, size_t>> finite[] = {{"value", {network.value, entries}},
                                                                            {"inputWeights", {network.inputWeights, network.nodes * network.inputs}},
                                                                            {"bias", {network.bias, network.nodes}},
                                                                            {"input", {inputs, steps * network.inputs}},
                                                                            {"state", {state, network.nodes}}};
  for (const auto& [name, array] : finite)
    if (options.ok() && !allFinite(array.first, array.second)) options.refuse(name, "finite everywhere");
  if (!options.ok()) return info.Env().Undefined();
  return (new EsnTask(info.Env(), options.object(), network, inputs, steps, state, states))->start();
}

}  // namespace asicr
