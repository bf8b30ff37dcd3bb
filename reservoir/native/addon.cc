// N-API glue of the reservoir addon. reservoir/native/addon.ts says what each function takes and gives.
#include <napi.h>

#include "addon_blas.h"
#include "addon_esn.h"
#include "addon_options.h"
#include "addon_readout.h"
#include "addon_ridge.h"
#include "addon_rls.h"
#include "addon_statistics.h"
#include "instruction_set.h"
#include "probe.h"
#include "team.h"

namespace {

using namespace asicr;

Napi::Value kernelName(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), instructionSetName()); }

Napi::Value useKernel(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString()) {
    Napi::TypeError::New(info.Env(), "name must be a string").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  return Napi::Boolean::New(info.Env(), useInstructionSet(info[0].As<Napi::String>().Utf8Value().c_str()));
}

Napi::Value useThreads(const Napi::CallbackInfo& info) {
  Options options(info);
  const size_t threads = options.size("threads", 0, 8);
  if (options.ok()) Team::setDefaultMembers(threads);
  return Napi::Number::New(info.Env(), static_cast<double>(Team::defaultMembers()));
}

constexpr size_t kMostProbedBytes = size_t{1} << 30;

Napi::Value probe(const Napi::CallbackInfo& info) {
  Options options(info);
  const size_t bytes = options.size("bytes", 64, kMostProbedBytes);
  const double seconds = options.real("seconds");
  if (!options.ok()) return info.Env().Undefined();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("flopsPerSecond", multiplyAddsPerSecond(Team::defaultMembers(), seconds));
  out.Set("bytesPerSecond", bytesReadPerSecond(bytes, seconds));
  return out;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("ridge", Napi::Function::New(env, ridge));
  exports.Set("createAccumulator", Napi::Function::New(env, createAccumulator));
  exports.Set("createRls", Napi::Function::New(env, createRls));
  exports.Set("bindReadout", Napi::Function::New(env, bindReadout));
  exports.Set("createEsn", Napi::Function::New(env, createEsn));
  exports.Set("harvest", Napi::Function::New(env, harvest));
  exports.Set("kernelName", Napi::Function::New(env, kernelName));
  exports.Set("useBlas", Napi::Function::New(env, useBlas));
  exports.Set("useKernel", Napi::Function::New(env, useKernel));
  exports.Set("useThreads", Napi::Function::New(env, useThreads));
  exports.Set("probe", Napi::Function::New(env, probe));
  exports.Set("statistics", statisticsKernels(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(reservoir, init)
