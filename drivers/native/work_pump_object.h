// The work pump as a JavaScript class: new WorkPump(fd, options, wake). Included by addon.cc alone. Unnamed namespace: with UBSan a function of
// external linkage is no constant that a template can be tested against.
#pragma once
#include <napi.h>

#include <cstring>
#include <memory>
#include <vector>

#include "drivers/native/napi_arguments.h"
#include "drivers/native/wake_line.h"
#include "drivers/native/work_pump.h"

namespace asicr {
namespace {

constexpr double kLongestPeriodNs = 1e12;
constexpr double kLongestLeaseMs = 60'000;
constexpr double kLongestLeadNs = 1e9;
constexpr double kLargestQueue = 1 << 20;
constexpr double kMostWrittenBeside = 1 << 20;
constexpr double kMostTracedFrames = 65'536;
constexpr size_t kLargestCoinbase = 65'536;
constexpr size_t kMostBranches = 64;

// {version, versionMask, ntime, nbits, prevHash, coinbase, extranonce2At, extranonce2Bytes, branches}; nullptr when anything is not as
// WorkTemplate says, or the mask has no room for the versions of a job.
std::unique_ptr<WorkTemplate> readTemplate(const Napi::Value& value, JobFormat format) {
  if (!value.IsObject()) return nullptr;
  const Napi::Object given = value.As<Napi::Object>();
  auto work = std::make_unique<WorkTemplate>();
  Napi::Uint8Array prevHash;
  uint64_t at = 0, bytes = 0;
  if (!readUint32(given.Get("version"), work->version) || !readUint32(given.Get("versionMask"), work->versionMask) ||
      !readUint32(given.Get("ntime"), work->ntime) || !readUint32(given.Get("nbits"), work->nbits) ||
      !readBytes(given.Get("prevHash"), 32, prevHash) || !isBytes(given.Get("coinbase")) || !isBytes(given.Get("branches")) ||
      !readWhole(given.Get("extranonce2At"), 0, kLargestCoinbase, at) || !readWhole(given.Get("extranonce2Bytes"), 1, 8, bytes))
    return nullptr;
  const auto coinbase = given.Get("coinbase").As<Napi::Uint8Array>();
  const auto branches = given.Get("branches").As<Napi::Uint8Array>();
  if (coinbase.ByteLength() > kLargestCoinbase || at + bytes > coinbase.ByteLength()) return nullptr;
  if (branches.ByteLength() % 32 != 0 || branches.ByteLength() / 32 > kMostBranches || !maskHolds(work->versionMask, format.versions()))
    return nullptr;
  std::memcpy(work->prevHash.data(), prevHash.Data(), 32);
  work->coinbase.assign(coinbase.Data(), coinbase.Data() + coinbase.ByteLength());
  work->extranonce2At = at;
  work->extranonce2Bytes = bytes;
  work->branches.resize(branches.ByteLength() / 32);
  for (size_t i = 0; i < work->branches.size(); i++) std::memcpy(work->branches[i].data(), branches.Data() + 32 * i, 32);
  return work;
}

class WorkPumpObject : public Napi::ObjectWrap<WorkPumpObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "WorkPump",
                       {InstanceMethod<&WorkPumpObject::renew>("renew"), InstanceMethod<&WorkPumpObject::update>("update"),
                        InstanceMethod<&WorkPumpObject::setPeriodNs>("setPeriodNs"), InstanceMethod<&WorkPumpObject::setBaud>("setBaud"),
                        InstanceMethod<&WorkPumpObject::wroteBeside>("wroteBeside"), InstanceAccessor<&WorkPumpObject::lineFreeNs>("lineFreeNs"),
                        InstanceMethod<&WorkPumpObject::jobsSince>("jobsSince"), InstanceMethod<&WorkPumpObject::jobsUnder>("jobsUnder"),
                        InstanceMethod<&WorkPumpObject::seen>("seen"), InstanceMethod<&WorkPumpObject::takeFrames>("takeFrames"), InstanceMethod<&WorkPumpObject::counters>("counters"),
                        InstanceMethod<&WorkPumpObject::stop>("stop"), InstanceAccessor<&WorkPumpObject::realtime>("realtime"),
                        InstanceAccessor<&WorkPumpObject::leased>("leased")});
  }

  explicit WorkPumpObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<WorkPumpObject>(info) {
    Napi::Env env = info.Env();
    PumpOptions options{};
    if (info.Length() != 3 || !info[0].IsNumber() || !readOptions(info[1], options) || !info[2].IsFunction()) {
      refuse(env, "a descriptor, the options of a pump and a function are expected");
      return;
    }
    if (!wake_.open(env, info[2].As<Napi::Function>(), "asicr-pump")) return;
    int error = 0;
    pump_ = WorkPump::start(info[0].As<Napi::Number>().Int32Value(), std::move(options), wake_.caller(), error);
    if (pump_ == nullptr) {
      wake_.drop();
      refuseWithErrno(env, error);
      return;
    }
    wake_.hold([this] { pump_->stop(); });
  }

  ~WorkPumpObject() override { wake_.close(); }

 private:
  static bool readOptions(const Napi::Value& value, PumpOptions& options) {
    if (!value.IsObject()) return false;
    const Napi::Object given = value.As<Napi::Object>();
    uint64_t midstates = 0, traceFrames = 0, leadNs = 0, queueBytes = 0;
    uint32_t firstSeq = 0;
    if (!readWhole(given.Get("midstates"), 0, kMostMidstates, midstates) || midstates == 3) return false;
    options.format.midstates = midstates;
    if (!readPositive(given.Get("baud"), options.baud) || !readSpan(given.Get("periodNs"), kLongestPeriodNs, options.periodNs)) return false;
    if (!readSpan(given.Get("workNs"), kLongestPeriodNs, options.workNs) || !readUint32(given.Get("firstSeq"), firstSeq)) return false;
    if (!readWhole(given.Get("traceFrames"), 0, kMostTracedFrames, traceFrames) || !given.Get("firstExtranonce2").IsBigInt()) return false;
    if (!readWhole(given.Get("leadNs"), 0, kLongestLeadNs, leadNs) || !readWhole(given.Get("queueBytes"), 0, kLargestQueue, queueBytes)) return false;
    options.leadNs = static_cast<int64_t>(leadNs);
    options.queueBytes = queueBytes;
    bool lossless = false;
    options.firstSeq = firstSeq;
    options.firstExtranonce2 = given.Get("firstExtranonce2").As<Napi::BigInt>().Uint64Value(&lossless);
    options.traceFrames = traceFrames;
    options.work = readTemplate(given.Get("template"), options.format);
    return lossless && options.work != nullptr;
  }

  Napi::Value stop(const Napi::CallbackInfo& info) {
    wake_.close();
    return info.Env().Undefined();
  }

  Napi::Value renew(const Napi::CallbackInfo& info) {
    uint64_t ttlMs = 0;
    if (!readWhole(info[0], 0, kLongestLeaseMs, ttlMs)) return refuse(info.Env(), "milliseconds up to a minute are expected");
    pump_->renew(static_cast<int64_t>(ttlMs) * 1'000'000);
    return info.Env().Undefined();
  }

  Napi::Value update(const Napi::CallbackInfo& info) {
    std::unique_ptr<WorkTemplate> work = readTemplate(info[0], pump_->format());
    if (work == nullptr) return refuse(info.Env(), "a template is expected");
    return Napi::Number::New(info.Env(), pump_->update(std::move(work)));
  }

  Napi::Value setPeriodNs(const Napi::CallbackInfo& info) {
    int64_t periodNs = 0, workNs = 0;
    if (!readSpan(info[0], kLongestPeriodNs, periodNs) || !readSpan(info[1], kLongestPeriodNs, workNs))
      return refuse(info.Env(), "a period and for how long a job lasts are expected");
    pump_->setPeriod(periodNs, workNs);
    return info.Env().Undefined();
  }

  Napi::Value setBaud(const Napi::CallbackInfo& info) {
    uint32_t baud = 0;
    if (!readPositive(info[0], baud)) return refuse(info.Env(), "a rate is expected");
    pump_->setBaud(baud);
    return info.Env().Undefined();
  }

  Napi::Value wroteBeside(const Napi::CallbackInfo& info) {
    uint64_t bytes = 0;
    bool lossless = false;
    if (!readWhole(info[0], 0, kMostWrittenBeside, bytes) || !info[1].IsBigInt()) return refuse(info.Env(), "bytes and a time are expected");
    pump_->wroteBeside(bytes, info[1].As<Napi::BigInt>().Int64Value(&lossless));
    return info.Env().Undefined();
  }

  Napi::Value lineFreeNs(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), pump_->lineFreeNs()); }

  Napi::Value jobsSince(const Napi::CallbackInfo& info) {
    uint32_t seq = 0;
    if (!readUint32(info[0], seq)) return refuse(info.Env(), "a job's number is expected");
    const JobRing& ring = pump_->ring();
    const uint64_t end = ring.next();
    const uint64_t begin = std::max<uint64_t>(seq, ring.oldest());
    std::vector<JobRing::Entry> entries;
    if (begin < end) entries.reserve(end - begin);
    for (uint64_t at = begin; at < end; at++)
      // One that is gone made room for a later one while this was going on; its followers are still there.
      if (const auto entry = ring.get(at)) entries.push_back(*entry);
    return columns(info.Env(), entries);
  }

  Napi::Value jobsUnder(const Napi::CallbackInfo& info) {
    uint32_t wireId = 0;
    if (!readUint32(info[0], wireId) || wireId > 0xFF) return refuse(info.Env(), "an id is expected");
    return columns(info.Env(), pump_->occupants(static_cast<uint8_t>(wireId)));
  }

  Napi::Value columns(Napi::Env env, const std::vector<JobRing::Entry>& entries) {
    const size_t count = entries.size();
    const size_t perJob = pump_->format().versions();
    auto jobSeq = Napi::Uint32Array::New(env, count);
    auto wireId = Napi::Uint8Array::New(env, count);
    auto sentNs = Napi::BigInt64Array::New(env, count);
    auto lineEndNs = Napi::BigInt64Array::New(env, count);
    auto extranonce2 = Napi::BigUint64Array::New(env, count);
    auto generation = Napi::Uint32Array::New(env, count);
    auto ntime = Napi::Uint32Array::New(env, count);
    auto nbits = Napi::Uint32Array::New(env, count);
    auto versions = Napi::Uint32Array::New(env, count * perJob);
    auto prevHash = Napi::Uint8Array::New(env, count * 32);
    auto merkleRoot = Napi::Uint8Array::New(env, count * 32);
    auto settled = Napi::Uint8Array::New(env, count);
    Napi::Object result = Napi::Object::New(env);
    const std::pair<const char*, Napi::Value> all[] = {
        {"jobSeq", jobSeq},     {"wireId", wireId}, {"sentNs", sentNs}, {"lineEndNs", lineEndNs}, {"extranonce2", extranonce2},
        {"generation", generation}, {"ntime", ntime},   {"nbits", nbits},   {"versions", versions},   {"prevHash", prevHash},
        {"merkleRoot", merkleRoot}, {"settled", settled}};
    for (const auto& [name, column] : all) {
      if (column.IsEmpty()) return env.Undefined();
      result.Set(name, column);
    }
    for (size_t i = 0; i < count; i++) {
      const PumpedJob& job = entries[i].job;
      settled[i] = entries[i].settled ? 1 : 0;
      jobSeq[i] = static_cast<uint32_t>(job.seq);
      wireId[i] = static_cast<uint8_t>(job.wireId);
      sentNs[i] = job.sentNs;
      lineEndNs[i] = job.lineEndNs;
      extranonce2[i] = job.extranonce2;
      generation[i] = job.generation;
      ntime[i] = job.ntime;
      nbits[i] = job.nbits;
      for (size_t k = 0; k < perJob; k++) versions[perJob * i + k] = job.versions[k];
      std::memcpy(prevHash.Data() + 32 * i, job.prevHash.data(), 32);
      std::memcpy(merkleRoot.Data() + 32 * i, job.merkleRoot.data(), 32);
    }
    result.Set("count", Napi::Number::New(env, static_cast<double>(count)));
    return result;
  }

  // {count, tNs, bytes, dropped}: the frames written since the last call, each in as many bytes as a job has.
  Napi::Value takeFrames(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const size_t length = pump_->format().frameBytes();
    Napi::Object result = Napi::Object::New(env);
    int64_t* tNs = nullptr;
    uint8_t* bytes = nullptr;
    const auto allocate = [&](size_t count) {
      Napi::BigInt64Array times = Napi::BigInt64Array::New(env, count);
      Napi::Uint8Array frames = Napi::Uint8Array::New(env, count * length);
      if (times.IsEmpty() || frames.IsEmpty()) return;
      tNs = times.Data();
      bytes = frames.Data();
      result.Set("count", Napi::Number::New(env, static_cast<double>(count)));
      result.Set("tNs", times);
      result.Set("bytes", frames);
    };
    const auto store = [&](size_t i, const SentFrame& sent) {
      if (bytes == nullptr) return;
      tNs[i] = sent.tNs;
      std::memcpy(bytes + i * length, sent.frame.bytes.data(), length);
    };
    result.Set("dropped", Napi::Number::New(env, static_cast<double>(pump_->takeFrames(allocate, store))));
    return result;
  }

  // null, or {cause, errno}.
  Napi::Value seen(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const std::optional<PumpEnd> end = pump_->seen();
    if (!end.has_value()) return env.Null();
    const char* causes[] = {"hung-up", "error", "stalled", "exhausted"};
    return endOf(env, causes[static_cast<int>(end->cause)], end->errorNumber);
  }

  Napi::Value counters(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const PumpCounters now = pump_->counters();
    Napi::Object result = Napi::Object::New(env);
    const std::pair<const char*, double> all[] = {
        {"jobs", static_cast<double>(now.jobs)},
        {"lateDeadlines", static_cast<double>(now.lateDeadlines)},
        {"skippedDeadlines", static_cast<double>(now.skippedDeadlines)},
        {"underruns", static_cast<double>(now.underruns)},
        {"standIns", static_cast<double>(now.standIns)},
        {"writeWaits", static_cast<double>(now.writeWaits)},
        {"leaseExpiries", static_cast<double>(now.leaseExpiries)},
        {"worstGapNs", static_cast<double>(now.worstGapNs)},
        {"worstShare", now.worstShare},
        {"leastLeadNs", static_cast<double>(now.leastLeadNs)},
    };
    for (const auto& [name, value] : all) result.Set(name, Napi::Number::New(env, value));
    return result;
  }

  Napi::Value realtime(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), pump_->realtime()); }
  Napi::Value leased(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), pump_->leased()); }

  WakeLine wake_;
  std::unique_ptr<WorkPump> pump_;
};

}  // namespace
}  // namespace asicr
