// N-API glue of ridge regression, all rows at once (ridge.h) and in blocks (accumulator.h).
#pragma once
#include <memory>
#include <new>
#include <utility>

#include "accumulator.h"
#include "addon_options.h"
#include "ridge.h"

namespace asicr {

inline const char* failureName(RidgeFailure failure) {
  switch (failure) {
    case RidgeFailure::none: return "none";
    case RidgeFailure::outOfMemory: return "out-of-memory";
    case RidgeFailure::nonFiniteX: return "non-finite-x";
    case RidgeFailure::nonFiniteY: return "non-finite-y";
    case RidgeFailure::constantFeature: return "constant-feature";
    case RidgeFailure::notPositiveDefinite: return "not-positive-definite";
    case RidgeFailure::floatUnsafe: return "float32-unsafe";
  }
  return "none";
}

inline Napi::Object fitOut(Napi::Env env, const RidgeFit& fit) {
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

inline Napi::Object answerOut(Napi::Env env, const RidgeResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("failure", failureName(result.failure));
  out.Set("row", static_cast<double>(result.row));
  out.Set("column", static_cast<double>(result.column));
  out.Set("mean", copyOut(env, result.mean));
  out.Set("scale", copyOut(env, result.scale));
  out.Set("cvMse", copyOut(env, result.cvMse));
  out.Set("float32Error", result.floatError);
  out.Set("float32ErrorLambda", result.floatErrorLambda);
  out.Set("chosen", static_cast<double>(result.chosen));
  Napi::Array fits = Napi::Array::New(env, result.fits.size());
  for (size_t i = 0; i < result.fits.size(); ++i) fits.Set(static_cast<uint32_t>(i), fitOut(env, result.fits[i]));
  out.Set("fits", fits);
  return out;
}

// The field `lambdas`: finite, not negative, at least one.
inline std::vector<double> lambdasOf(Options& options) {
  const size_t count = options.lengthOf("lambdas");
  const double* lambdas = options.doubles("lambdas", count);
  if (options.ok() && count == 0) options.refuse("lambdas", "a Float64Array of at least one value");
  if (options.ok() && !std::all_of(lambdas, lambdas + count, [](double lambda) { return lambda >= 0 && std::isfinite(lambda); }))
    options.refuse("lambdas", "finite and not negative");
  return options.ok() ? std::vector<double>(lambdas, lambdas + count) : std::vector<double>();
}

// The field `float32Bound`: 0 for products in double precision.
inline double float32BoundOf(Options& options) {
  const double bound = options.real("float32Bound");
  if (options.ok() && !(bound >= 0)) options.refuse("float32Bound", "a number of 0 or more");
  return bound;
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
  Napi::Value result(Napi::Env env) override { return answerOut(env, result_); }

 private:
  RidgeProblem problem_;
  RidgeResult result_;
};

inline Napi::Value ridge(const Napi::CallbackInfo& info) {
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
  problem.floatBound = float32BoundOf(options);
  problem.lambdas = lambdasOf(options);
  if (options.ok() && problem.folds == 1) options.refuse("folds", "0 or at least 2");
  if (!options.ok()) return info.Env().Undefined();
  return (new RidgeTask(info.Env(), options.object(), std::move(problem)))->start();
}

// One accumulator and whether a thread is at work on it.
struct SharedAccumulator {
  RidgeAccumulator ridge;
  bool busy = false;
};

// Work of an accumulator: one piece at a time, whatever the caller does.
class AccumulatorTask : public Task {
 public:
  AccumulatorTask(Napi::Env env, const Napi::Object& options, std::shared_ptr<SharedAccumulator> shared)
      : Task(env, options), shared_(std::move(shared)) {
    shared_->busy = true;
  }

  void Execute() override {
    try {
      work(shared_->ridge);
    } catch (const std::bad_alloc&) {
      result_.failure = RidgeFailure::outOfMemory;
    }
  }

 protected:
  virtual void work(RidgeAccumulator& ridge) = 0;
  Napi::Value result(Napi::Env env) override {
    shared_->busy = false;
    return answerOut(env, result_);
  }
  RidgeResult result_;

 private:
  std::shared_ptr<SharedAccumulator> shared_;
};

class AddRowsTask : public AccumulatorTask {
 public:
  AddRowsTask(Napi::Env env, const Napi::Object& options, std::shared_ptr<SharedAccumulator> shared, const double* x, const double* y, size_t rows)
      : AccumulatorTask(env, options, std::move(shared)), x_(x), y_(y), rows_(rows) {}

 protected:
  void work(RidgeAccumulator& ridge) override { result_ = ridge.addRows(x_, y_, rows_); }

 private:
  const double* x_;
  const double* y_;
  size_t rows_;
};

class SolveTask : public AccumulatorTask {
 public:
  SolveTask(Napi::Env env, const Napi::Object& options, std::shared_ptr<SharedAccumulator> shared, std::vector<double> lambdas, bool standardise,
            bool wholePath)
      : AccumulatorTask(env, options, std::move(shared)), lambdas_(std::move(lambdas)), standardise_(standardise), wholePath_(wholePath) {}

 protected:
  void work(RidgeAccumulator& ridge) override { result_ = ridge.solve(lambdas_, standardise_, wholePath_); }

 private:
  std::vector<double> lambdas_;
  bool standardise_;
  bool wholePath_;
};

// True, with an error pending, while a thread is at work.
inline bool refuseWhileBusy(Napi::Env env, const SharedAccumulator& shared) {
  if (shared.busy) Napi::Error::New(env, "the accumulator is at work: wait for its promise").ThrowAsJavaScriptException();
  return shared.busy;
}

inline Napi::Value createAccumulator(const Napi::CallbackInfo& info) {
  Options options(info);
  const size_t features = options.size("features", 1, kMostColumns);
  const size_t targets = options.size("targets", 1, kMostColumns);
  const double float32Bound = float32BoundOf(options);
  if (!options.ok()) return info.Env().Undefined();
  auto shared = std::make_shared<SharedAccumulator>();
  if (!shared->ridge.create(features, targets, float32Bound)) return info.Env().Null();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("addRows", Napi::Function::New(info.Env(), [shared](const Napi::CallbackInfo& call) -> Napi::Value {
    Options block(call);
    const size_t rows = block.size("rows", 0, kMostRows);
    const double* x = block.doubles("x", rows * shared->ridge.features());
    const double* y = block.doubles("y", rows * shared->ridge.targets());
    if (!block.ok() || refuseWhileBusy(call.Env(), *shared)) return call.Env().Undefined();
    return (new AddRowsTask(call.Env(), block.object(), shared, x, y, rows))->start();
  }));
  out.Set("startFold", Napi::Function::New(info.Env(), [shared](const Napi::CallbackInfo& call) -> Napi::Value {
    if (refuseWhileBusy(call.Env(), *shared)) return call.Env().Undefined();
    return Napi::Boolean::New(call.Env(), shared->ridge.startFold());
  }));
  out.Set("solve", Napi::Function::New(info.Env(), [shared](const Napi::CallbackInfo& call) -> Napi::Value {
    Options how(call);
    const bool standardise = how.flag("standardise");
    const bool wholePath = how.flag("wholePath");
    std::vector<double> lambdas = lambdasOf(how);
    if (!how.ok() || refuseWhileBusy(call.Env(), *shared)) return call.Env().Undefined();
    if (shared->ridge.rows() == 0) {
      how.refuse("rows", "added before a solution is asked for");
      return call.Env().Undefined();
    }
    return (new SolveTask(call.Env(), how.object(), shared, std::move(lambdas), standardise, wholePath))->start();
  }));
  return out;
}

}  // namespace asicr
