// N-API glue of the echo state network (esn.h).
#pragma once
#include <memory>
#include <utility>

#include "addon_options.h"
#include "esn.h"

namespace asicr {

class EsnTask : public Task {
 public:
  EsnTask(Napi::Env env, const Napi::Object& options, std::shared_ptr<const Esn> esn, const double* inputs, size_t steps, double* state,
          double* states)
      : Task(env, options), esn_(std::move(esn)), inputs_(inputs), steps_(steps), state_(state), states_(states) {}

  void Execute() override {
    Team team(esn_->membersFor(steps_));
    if (!esn_->harvest(inputs_, steps_, state_, states_, team)) SetError("out of memory");
  }

 protected:
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  std::shared_ptr<const Esn> esn_;
  const double* inputs_;
  size_t steps_;
  double* state_;
  double* states_;
};

inline void refuseNonFinite(Options& options, const char* name, const double* values, size_t count) {
  if (options.ok() && !allFinite(values, count)) options.refuse(name, "finite everywhere");
}

// The network in the options' fields; null with an error pending, or when the memory is not there.
inline std::shared_ptr<const Esn> esnOf(Options& options) {
  EsnNetwork network;
  network.nodes = options.size("nodes", 1, kMostColumns);
  network.inputs = options.size("inputs", 1, kMostColumns);
  const size_t entries = options.lengthOf("value");
  network.rowStart = options.words("rowStart", network.nodes + 1);
  network.column = options.words("column", entries);
  network.value = options.doubles("value", entries);
  network.inputWeights = options.doubles("inputWeights", network.nodes * network.inputs);
  network.bias = options.doubles("bias", network.nodes);
  network.leak = options.real("leak");
  if (options.ok() && !(network.leak > 0 && network.leak <= 1)) options.refuse("leak", "above 0 and at most 1");
  if (options.ok() && !validRows(network.rowStart, network.nodes, network.column, entries))
    options.refuse("rowStart", "rising from 0 to the number of entries, with every column a node");
  refuseNonFinite(options, "value", network.value, entries);
  refuseNonFinite(options, "inputWeights", network.inputWeights, network.nodes * network.inputs);
  refuseNonFinite(options, "bias", network.bias, network.nodes);
  if (!options.ok()) return nullptr;
  auto esn = std::make_shared<Esn>();
  return esn->create(network) ? esn : nullptr;
}

// Starts the run in the options' fields.
inline Napi::Value startHarvest(Napi::Env env, Options& options, std::shared_ptr<const Esn> esn) {
  const size_t steps = options.size("steps", 0, kMostRows);
  const double* inputs = options.doubles("input", steps * esn->inputs());
  double* state = options.doubles("state", esn->nodes());
  double* states = options.doubles("states", steps * esn->nodes());
  refuseNonFinite(options, "input", inputs, steps * esn->inputs());
  refuseNonFinite(options, "state", state, esn->nodes());
  if (!options.ok()) return env.Undefined();
  return (new EsnTask(env, options.object(), std::move(esn), inputs, steps, state, states))->start();
}

inline Napi::Value createEsn(const Napi::CallbackInfo& info) {
  Options options(info);
  const std::shared_ptr<const Esn> esn = esnOf(options);
  if (!options.ok()) return info.Env().Undefined();
  if (!esn) return info.Env().Null();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("harvest", Napi::Function::New(info.Env(), [esn](const Napi::CallbackInfo& call) -> Napi::Value {
    Options run(call);
    return startHarvest(call.Env(), run, esn);
  }));
  out.Set("bytesPerStep", static_cast<double>(esn->bytesPerStep()));
  return out;
}

inline Napi::Value harvest(const Napi::CallbackInfo& info) {
  Options options(info);
  const std::shared_ptr<const Esn> esn = esnOf(options);
  if (options.ok() && !esn) Napi::Error::New(info.Env(), "out of memory").ThrowAsJavaScriptException();
  return esn ? startHarvest(info.Env(), options, esn) : info.Env().Undefined();
}

}  // namespace asicr
