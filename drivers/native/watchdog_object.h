// The watchdog as a JavaScript class, and the sentinel's native table as another, for the test that holds it to the TypeScript. Included by
// addon.cc alone. An environment that goes away while the board is armed is a reason to switch it off.
#pragma once
#include <napi.h>

#include <fcntl.h>

#include <memory>
#include <string>

#include "drivers/native/linux_i2c.h"
#include "drivers/native/napi_arguments.h"
#include "drivers/native/port_thread.h"
#include "drivers/native/wake_line.h"
#include "drivers/native/watchdog.h"

namespace asicr {
namespace {

constexpr double kLongestWatchMs = 60'000;
constexpr uint32_t kMostSteps = 256;
constexpr size_t kLimitNumbers = 17 + kConditions;
constexpr size_t kLookNumbers = 10;
constexpr size_t kLookTimes = 4;

bool isDoubles(const Napi::Value& value) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
}

bool isTimes(const Napi::Value& value, size_t count) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_bigint64_array &&
         value.As<Napi::TypedArray>().ElementLength() == count;
}

// drivers/native/watchdog.ts, limitNumbers: in the order of SentinelLimits, then pairs of frequency and voltage.
bool readLimits(const Napi::Value& value, SentinelLimits& limits) {
  if (!isDoubles(value)) return false;
  const auto given = value.As<Napi::Float64Array>();
  if (given.ElementLength() < kLimitNumbers || (given.ElementLength() - kLimitNumbers) % 2 != 0) return false;
  double* const fields[] = {&limits.maxPowerMw,       &limits.maxChipTempC,     &limits.maxRegulatorTempC,   &limits.maxBoardTempC,
                            &limits.maxInputCurrentMa, &limits.maxChipRiseCPerS, &limits.riseWindowMs,        &limits.minPlausibleC,
                            &limits.fanStoppedRpm,     &limits.fanCommandedPercent, &limits.maxCoreVoltageMv, &limits.maxFrequencyMhz,
                            &limits.blindMs,           &limits.staleMs,          &limits.settleMs,            &limits.voltageTolerance,
                            &limits.frequencyTolerance};
  size_t at = 0;
  for (double* field : fields) *field = given[at++];
  for (double& debounce : limits.debounceMs) debounce = given[at++];
  for (; at < given.ElementLength(); at += 2) limits.coreVoltageCaps.emplace_back(given[at], given[at + 1]);
  for (size_t i = 0; i < given.ElementLength(); i++)
    if (std::isnan(given[i])) return false;
  return true;
}

struct Passing {
  int64_t nowNs = 0, energisedNs = kNoTime;
  Look look{};
  bool looked = false;
};

// drivers/native/watchdog.ts, lookNumbers and lookTimes: the numbers of a Look; now, since when energised, when read, when the voltage was set.
bool readPassing(const Napi::Value& numbers, const Napi::Value& times, Passing& passing) {
  if (!isDoubles(numbers) || numbers.As<Napi::TypedArray>().ElementLength() != kLookNumbers || !isTimes(times, kLookTimes)) return false;
  const auto given = numbers.As<Napi::Float64Array>();
  const auto at = times.As<Napi::BigInt64Array>();
  passing.nowNs = at[0];
  passing.energisedNs = at[1];
  passing.looked = at[2] != kNoTime;
  passing.look = {at[2], given[0], given[1], given[2], given[3], given[4], given[5], given[6], given[7], at[3], given[8], given[9]};
  return true;
}

Napi::Object decisionOf(Napi::Env env, const Decision& decision) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("action", Napi::Number::New(env, static_cast<int>(decision.action)));
  result.Set("rule", Napi::Number::New(env, decision.rule));
  return result;
}

// new SentinelTable(limits); pass(numbers, times) observes, when there is something to observe, and decides.
class SentinelTableObject : public Napi::ObjectWrap<SentinelTableObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "SentinelTable", {InstanceMethod<&SentinelTableObject::pass>("pass")});
  }

  explicit SentinelTableObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SentinelTableObject>(info) {
    SentinelLimits limits{};
    if (info.Length() == 1 && readLimits(info[0], limits)) table_ = std::make_unique<SentinelTable>(std::move(limits));
    else refuse(info.Env(), "limits are expected");
  }

 private:
  Napi::Value pass(const Napi::CallbackInfo& info) {
    Passing passing;
    if (info.Length() != 2 || !readPassing(info[0], info[1], passing)) return refuse(info.Env(), "numbers and times are expected");
    table_->noteSupply(passing.energisedNs);
    if (passing.looked) table_->observe(passing.look);
    return decisionOf(info.Env(), table_->decide(passing.nowNs));
  }

  std::unique_ptr<SentinelTable> table_;
};

// new Watchdog({ports, files, buses, steps, limits, leaseMs}, wake)
class WatchdogObject : public Napi::ObjectWrap<WatchdogObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Watchdog",
                       {InstanceMethod<&WatchdogObject::renew>("renew"), InstanceMethod<&WatchdogObject::defer>("defer"),
                        InstanceMethod<&WatchdogObject::report>("report"), InstanceMethod<&WatchdogObject::disarm>("disarm"),
                        InstanceAccessor<&WatchdogObject::realtime>("realtime")});
  }

  explicit WatchdogObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<WatchdogObject>(info) {
    Napi::Env env = info.Env();
    SafeSequence sequence;
    SentinelLimits limits{};
    int64_t leaseMs = 0;
    int error = 0;
    if (info.Length() != 2 || !info[0].IsObject() || !info[1].IsFunction() ||
        !readLimits(info[0].As<Napi::Object>().Get("limits"), limits) ||
        !readSpan(info[0].As<Napi::Object>().Get("leaseMs"), kLongestWatchMs, leaseMs) ||
        !readSequence(info[0].As<Napi::Object>(), sequence, error)) {
      if (error != 0) refuseWithErrno(env, error);
      else refuse(env, "a safe sequence, limits, a lease and a function are expected");
      return;
    }
    if (!wake_.open(env, info[1].As<Napi::Function>(), "asicr-watchdog")) return;
    wake_.unref();
    watchdog_ = Watchdog::start(std::move(sequence), std::move(limits), leaseMs * 1'000'000, wake_.caller(), error);
    if (watchdog_ == nullptr) {
      wake_.drop();
      refuseWithErrno(env, error);
      return;
    }
    wake_.hold([this] { watchdog_->end(); });
  }

  ~WatchdogObject() override { shutDown(); }

 private:
  // Descriptors: first those of ports, which are copied, then files and buses by their paths, which are opened.
  static bool readSequence(const Napi::Object& given, SafeSequence& sequence, int& error) {
    if (!given.Get("ports").IsArray() || !given.Get("files").IsArray() || !given.Get("steps").IsArray()) return false;
    const auto ports = given.Get("ports").As<Napi::Array>();
    const auto files = given.Get("files").As<Napi::Array>();
    const auto steps = given.Get("steps").As<Napi::Array>();
    if (ports.Length() + files.Length() > kMostSteps || steps.Length() == 0 || steps.Length() > kMostSteps) return false;
    for (uint32_t i = 0; i < ports.Length(); i++) {
      uint64_t fd = 0;
      if (!readWhole(ports.Get(i), 0, 0x7fffffff, fd)) return false;
      const int copy = copyOfPort(static_cast<int>(fd), error);
      if (copy < 0) return false;
      sequence.descriptors.push_back(std::make_unique<OwnedDescriptor>(copy));
    }
    for (uint32_t i = 0; i < files.Length(); i++) {
      if (!files.Get(i).IsString()) return false;
      const int opened = open(files.Get(i).As<Napi::String>().Utf8Value().c_str(), O_RDWR | O_CLOEXEC);
      if (opened < 0) {
        error = errno;
        return false;
      }
      sequence.descriptors.push_back(std::make_unique<OwnedDescriptor>(opened));
    }
    for (uint32_t i = 0; i < steps.Length(); i++) {
      SafeStep step;
      if (!readStep(steps.Get(i), ports.Length(), sequence.descriptors.size(), step)) return false;
      sequence.steps.push_back(std::move(step));
    }
    return true;
  }

  static bool readStep(const Napi::Value& value, size_t ports, size_t descriptors, SafeStep& step) {
    if (!value.IsObject()) return false;
    const auto given = value.As<Napi::Object>();
    uint64_t way = 0, descriptor = 0, address = 0, readBytes = 0, timeoutMs = 0, settleMs = 0, tries = 0;
    if (!given.Get("what").IsString() || !isBytes(given.Get("write")) || !isBytes(given.Get("expect")) || !given.Get("required").IsBoolean() ||
        !readWhole(given.Get("way"), 0, 2, way) || !readWhole(given.Get("descriptor"), 0, static_cast<double>(descriptors) - 1, descriptor) ||
        !readWhole(given.Get("i2cAddress"), 0, kI2cMaxAddress, address) || !readWhole(given.Get("readBytes"), 0, 255, readBytes) ||
        !readWhole(given.Get("timeoutMs"), 0, 10'000, timeoutMs) || !readWhole(given.Get("settleMs"), 0, 10'000, settleMs) ||
        !readWhole(given.Get("tries"), 1, 100, tries))
      return false;
    if ((way == 0) != (descriptor < ports)) return false;
    const auto write = given.Get("write").As<Napi::Uint8Array>();
    const auto expect = given.Get("expect").As<Napi::Uint8Array>();
    step.what = given.Get("what").As<Napi::String>().Utf8Value();
    step.way = static_cast<Way>(way);
    step.descriptor = descriptor;
    step.i2cAddress = static_cast<uint16_t>(address);
    step.write.assign(write.Data(), write.Data() + write.ByteLength());
    step.expect.assign(expect.Data(), expect.Data() + expect.ByteLength());
    step.readBytes = readBytes;
    step.timeoutMs = static_cast<uint32_t>(timeoutMs);
    step.settleMs = static_cast<uint32_t>(settleMs);
    step.tries = static_cast<uint32_t>(tries);
    step.required = given.Get("required").As<Napi::Boolean>().Value();
    return true;
  }

  void shutDown() {
    wake_.close([this] {
      watchdog_->disarm();
      watchdog_.reset();
    });
  }

  Napi::Value disarm(const Napi::CallbackInfo& info) {
    shutDown();
    return info.Env().Undefined();
  }

  // renew(leaseMs, numbers, times): {renewed, action, rule}
  Napi::Value renew(const Napi::CallbackInfo& info) {
    int64_t leaseMs = 0;
    Passing passing;
    if (info.Length() != 3 || !readSpan(info[0], kLongestWatchMs, leaseMs) || !readPassing(info[1], info[2], passing))
      return refuse(info.Env(), "milliseconds up to a minute, numbers and times are expected");
    Decision decision{Action::kNone, kRuleOk};
    const bool renewed = watchdog_ != nullptr && watchdog_->renew(leaseMs * 1'000'000, passing.nowNs, passing.energisedNs,
                                                                  passing.looked ? &passing.look : nullptr, decision);
    Napi::Object result = decisionOf(info.Env(), decision);
    result.Set("renewed", Napi::Boolean::New(info.Env(), renewed));
    return result;
  }

  Napi::Value defer(const Napi::CallbackInfo& info) {
    int64_t ms = 0;
    if (!readSpan(info[0], kLongestWatchMs, ms)) return refuse(info.Env(), "milliseconds up to a minute are expected");
    if (watchdog_ != nullptr) watchdog_->defer(ms * 1'000'000);
    return info.Env().Undefined();
  }

  // null after disarm().
  Napi::Value report(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (watchdog_ == nullptr) return env.Null();
    const WatchdogReport now = watchdog_->report();
    const char* causes[] = {"none", "lease-expired", "refused", "environment-ended"};
    Napi::Object result = Napi::Object::New(env);
    result.Set("cause", Napi::String::New(env, causes[static_cast<int>(now.cause)]));
    result.Set("rule", Napi::Number::New(env, now.rule));
    result.Set("sinceRenewalMs", Napi::Number::New(env, now.sinceRenewalMs));
    result.Set("toOffMs", Napi::Number::New(env, now.toOffMs));
    result.Set("rounds", Napi::Number::New(env, now.rounds));
    result.Set("off", Napi::Boolean::New(env, now.off));
    result.Set("failed", Napi::String::New(env, now.failed));
    return result;
  }

  Napi::Value realtime(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), watchdog_ != nullptr && watchdog_->realtime());
  }

  WakeLine wake_;
  std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace
}  // namespace asicr
