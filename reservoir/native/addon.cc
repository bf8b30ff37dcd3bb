// N-API glue of the reservoir addon. reservoir/native/addon.ts says what each function takes and gives.
#include <napi.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "buffer.h"
#include "cholesky.h"
#include "esn.h"
#include "instruction_set.h"
#include "ridge.h"

namespace {

using namespace asicr;

// Reads the fields of one options object; the first that does not fit leaves a pending TypeError and makes ok() false.
class Options {
 public:
  explicit Options(const Napi::CallbackInfo& info) : env_(info.Env()) {
    if (info.Length() == 1 && info[0].IsObject())
      object_ = info[0].As<Napi::Object>();
    else
      refuse("options", "an object");
  }

  bool ok() const { return ok_; }
  const Napi::Object& object() const { return object_; }

  void refuse(const char* name, const std::string& expected) {
    if (ok_) Napi::TypeError::New(env_, std::string(name) + " must be " + expected).ThrowAsJavaScriptException();
    ok_ = false;
  }

  size_t size(const char* name, size_t least, size_t most) {
    const double number = real(name);
    if (ok_ && (!(number >= static_cast<double>(least)) || number > static_cast<double>(most) || number != std::floor(number)))
      refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return ok_ ? static_cast<size_t>(number) : 0;
  }

  double real(const char* name) {
    if (!ok_) return 0;
    const Napi::Value value = object_.Get(name);
    if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
    refuse(name, "a number");
    return 0;
  }

  bool flag(const char* name) {
    if (!ok_) return false;
    const Napi::Value value = object_.Get(name);
    if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    refuse(name, "a boolean");
    return false;
  }

  double* doubles(const char* name, size_t length) { return elements<double>(name, napi_float64_array, "a Float64Array", length); }
  uint32_t* words(const char* name, size_t length) { return elements<uint32_t>(name, napi_uint32_array, "a Uint32Array", length); }

  // Length of a typed array field; 0 when it is none.
  size_t lengthOf(const char* name) {
    if (!ok_) return 0;
    const Napi::Value value = object_.Get(name);
    return value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  }

 private:
  template <typename T>
  T* elements(const char* name, napi_typedarray_type type, const char* expected, size_t length) {
    if (!ok_) return nullptr;
    const Napi::Value value = object_.Get(name);
    if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type &&
        value.As<Napi::TypedArray>().ElementLength() == length)
      return value.As<Napi::TypedArrayOf<T>>().Data();
    refuse(name, std::string(expected) + " of " + std::to_string(length) + " values");
    return nullptr;
  }

  Napi::Env env_;
  Napi::Object object_;
  bool ok_ = true;
};

constexpr size_t kMostRows = size_t{1} << 31;
constexpr size_t kMostColumns = size_t{1} << 16;

Napi::Float64Array copyOut(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array out = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), out.Data());
  return out;
}

// Work on a libuv thread, so that the main loop goes on. The options object is kept alive: its arrays are read in place.
class Task : public Napi::AsyncWorker {
 public:
  Task(Napi::Env env, const Napi::Object& options)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), options_(Napi::Persistent(options)) {}

  Napi::Promise start() {
    Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 protected:
  virtual Napi::Value result(Napi::Env env) = 0;
  void OnOK() override { deferred_.Resolve(result(Env())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference options_;
};

const char* failureName(RidgeFailure failure) {
  switch (failure) {
    case RidgeFailure::none: return "none";
    case RidgeFailure::outOfMemory: return "out-of-memory";
    case RidgeFailure::nonFiniteX: return "non-finite-x";
    case RidgeFailure::nonFiniteY: return "non-finite-y";
    case RidgeFailure::constantFeature: return "constant-feature";
    case RidgeFailure::notPositiveDefinite: return "not-positive-definite";
  }
  return "none";
}

class RidgeTask : public Task {
 public:
  RidgeTask(Napi::Env env, const Napi::Object& options, RidgeProblem problem) : Task(env, options), problem_(std::move(problem)) {}

  void Execute() override {
    try {
      result_ = fitRidge(problem_);
    } catch (const std::bad_alloc&) {
      result_.failure = RidgeFailure::outOfMemory;
    }
  }

 protected:
  Napi::Value result(Napi::Env env) override {
    Napi::Object out = Napi::Object::New(env);
    out.Set("failure", failureName(result_.failure));
    out.Set("row", static_cast<double>(result_.row));
    out.Set("column", static_cast<double>(result_.column));
    out.Set("mean", copyOut(env, result_.mean));
    out.Set("scale", copyOut(env, result_.scale));
    out.Set("cvMse", copyOut(env, result_.cvMse));
    out.Set("chosen", static_cast<double>(result_.chosen));
    Napi::Array fits = Napi::Array::New(env, result_.fits.size());
    for (size_t i = 0; i < result_.fits.size(); ++i) fits.Set(static_cast<uint32_t>(i), fitOut(env, result_.fits[i]));
    out.Set("fits", fits);
    return out;
  }

 private:
  static Napi::Object fitOut(Napi::Env env, const RidgeFit& fit) {
    Napi::Object out = Napi::Object::New(env);
    out.Set("lambda", fit.lambda);
    out.Set("failedPivot", fit.failedPivot == Cholesky::kPositiveDefinite ? -1.0 : static_cast<double>(fit.failedPivot));
    out.Set("weights", copyOut(env, fit.weights));
    out.Set("intercepts", copyOut(env, fit.intercepts));
    out.Set("degreesOfFreedom", fit.degreesOfFreedom);
    out.Set("trainMse", copyOut(env, fit.trainMse));
    out.Set("looMse", copyOut(env, fit.looMse));
    out.Set("gcv", copyOut(env, fit.gcv));
    return out;
  }

  RidgeProblem problem_;
  RidgeResult result_;
};

Napi::Value ridge(const Napi::CallbackInfo& info) {
  Options options(info);
  RidgeProblem problem;
  problem.rows = options.size("rows", 1, kMostRows);
  problem.features = options.size("features", 1, kMostColumns);
  problem.targets = options.size("targets", 1, kMostColumns);
  problem.folds = options.size("folds", 0, problem.rows);
  problem.x = options.doubles("x", problem.rows * problem.features);
  problem.y = options.doubles("y", problem.rows * problem.targets);
  problem.standardise = options.flag("standardise");
  problem.diagnostics = options.flag("diagnostics");
  problem.wholePath = options.flag("wholePath");
  const size_t lambdas = options.lengthOf("lambdas");
  const double* lambda = options.doubles("lambdas", lambdas);
  if (options.ok() && lambdas == 0) options.refuse("lambdas", "a Float64Array of at least one value");
  if (options.ok() && problem.folds == 1) options.refuse("folds", "0 or at least 2");
  if (!options.ok()) return info.Env().Undefined();
  problem.lambdas.assign(lambda, lambda + lambdas);
  for (double value : problem.lambdas)
    if (!(value >= 0) || !std::isfinite(value)) {
      options.refuse("lambdas", "finite and not negative");
      return info.Env().Undefined();
    }
  return (new RidgeTask(info.Env(), options.object(), std::move(problem)))->start();
}

class EsnTask : public Task {
 public:
  EsnTask(Napi::Env env, const Napi::Object& options, const EsnNetwork& network, const double* inputs, size_t steps, double* state,
          double* states)
      : Task(env, options), network_(network), inputs_(inputs), steps_(steps), state_(state), states_(states) {}

  void Execute() override {
    Team team(membersForEsn(network_.rowStart[network_.nodes]));
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

bool allFinite(const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (!std::isfinite(values[i])) return false;
  return true;
}

Napi::Value harvest(const Napi::CallbackInfo& info) {
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

Napi::Value kernelName(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), instructionSetName()); }

Napi::Value useKernel(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString()) {
    Napi::TypeError::New(info.Env(), "name must be a string").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  return Napi::Boolean::New(info.Env(), useInstructionSet(info[0].As<Napi::String>().Utf8Value().c_str()));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("ridge", Napi::Function::New(env, ridge));
  exports.Set("harvest", Napi::Function::New(env, harvest));
  exports.Set("kernelName", Napi::Function::New(env, kernelName));
  exports.Set("useKernel", Napi::Function::New(env, useKernel));
  return exports;
}

}  // namespace

NODE_API_MODULE(reservoir, init)
