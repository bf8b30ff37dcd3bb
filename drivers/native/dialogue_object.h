// A dialogue as a JavaScript class: new Dialogue(capture, options, wake). Included by addon.cc alone.
#pragma once
#include <napi.h>

#include <cstring>
#include <memory>

#include "drivers/native/capture_object.h"
#include "drivers/native/dialogue.h"
#include "drivers/native/napi_arguments.h"
#include "drivers/native/wake_line.h"

namespace asicr {
namespace {

constexpr double kLongestDeadlineNs = 1e12;
constexpr double kLongestDialogueLeaseMs = 60'000;
constexpr double kMostZeroBits = 256;

class DialogueObject : public Napi::ObjectWrap<DialogueObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Dialogue",
                       {InstanceMethod<&DialogueObject::renew>("renew"), InstanceMethod<&DialogueObject::prepare>("prepare"),
                        InstanceMethod<&DialogueObject::take>("take"), InstanceMethod<&DialogueObject::counters>("counters"),
                        InstanceMethod<&DialogueObject::stop>("stop")});
  }

  explicit DialogueObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DialogueObject>(info) {
    Napi::Env env = info.Env();
    uint64_t midstates = 0, depth = 0;
    uint32_t firstSeq = 0;
    const bool shaped = info.Length() == 3 && info[1].IsObject() && info[2].IsFunction();
    const std::shared_ptr<Capture> capture = shaped ? captureOf(info[0]) : nullptr;
    if (capture == nullptr || !readWhole(info[1].As<Napi::Object>().Get("midstates"), 0, kMostMidstates, midstates) || midstates == 3 ||
        !readWhole(info[1].As<Napi::Object>().Get("depth"), 1, kMostPreparedJobs, depth) ||
        !readUint32(info[1].As<Napi::Object>().Get("firstSeq"), firstSeq)) {
      refuse(env, "a capture, the options of a dialogue and a function are expected");
      return;
    }
    if (!wake_.open(env, info[2].As<Napi::Function>(), "asicr-dialogue")) return;
    dialogue_ = Dialogue::start(capture, {midstates}, depth, wake_.caller(), firstSeq);
    if (dialogue_ == nullptr) {
      wake_.drop();
      refuseWithErrno(env, EBUSY);
      return;
    }
    wake_.hold([this] { dialogue_->stop(); });
  }

  ~DialogueObject() override { wake_.close(); }

 private:
  Napi::Value stop(const Napi::CallbackInfo& info) {
    wake_.close();
    return info.Env().Undefined();
  }

  Napi::Value renew(const Napi::CallbackInfo& info) {
    uint64_t ttlMs = 0;
    if (!readWhole(info[0], 0, kLongestDialogueLeaseMs, ttlMs)) return refuse(info.Env(), "milliseconds up to a minute are expected");
    dialogue_->renew(static_cast<int64_t>(ttlMs) * 1'000'000);
    return info.Env().Undefined();
  }

  // prepare({jobSeq, wireId, frame, header, versions, zeroBits, answers, deadlineNs, periodNs, versionMask}): false when there is no room.
  Napi::Value prepare(const Napi::CallbackInfo& info) {
    DialogueJob job{};
    if (!info[0].IsObject() || !readJob(info[0].As<Napi::Object>(), job)) return refuse(info.Env(), "a prepared job is expected");
    return Napi::Boolean::New(info.Env(), dialogue_->prepare(job));
  }

  bool readJob(const Napi::Object& given, DialogueJob& job) {
    const size_t length = dialogue_->format().frameBytes();
    uint32_t wireId = 0;
    uint64_t zeroBits = 0, answers = 0, periodNs = 0;
    if (!readWhole(given.Get("periodNs"), 0, kLongestDeadlineNs, periodNs) || !readUint32(given.Get("versionMask"), job.versionMask)) return false;
    job.periodNs = static_cast<int64_t>(periodNs);
    if (periodNs > 0 && (dialogue_->format().midstates == 0 || !maskHolds(job.versionMask, dialogue_->format().versions()))) return false;
    Napi::Uint8Array frame, header;
    const Napi::Value versions = given.Get("versions");
    if (!readUint32(given.Get("jobSeq"), job.seq) || !readUint32(given.Get("wireId"), wireId) || wireId > 0xFF ||
        !readBytes(given.Get("frame"), length, frame) || !readBytes(given.Get("header"), job.header.size(), header) ||
        !readWhole(given.Get("zeroBits"), 0, kMostZeroBits, zeroBits) || !readWhole(given.Get("answers"), 1, kMostAnswers, answers) ||
        !readSpan(given.Get("deadlineNs"), kLongestDeadlineNs, job.deadlineNs))
      return false;
    if (!versions.IsTypedArray() || versions.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) return false;
    const auto words = versions.As<Napi::Uint32Array>();
    if (words.ElementLength() != dialogue_->format().versions()) return false;
    for (size_t i = 0; i < words.ElementLength(); i++) job.versions[i] = words[i];
    job.wireId = static_cast<uint8_t>(wireId);
    job.zeroBits = static_cast<uint16_t>(zeroBits);
    job.answers = static_cast<uint8_t>(answers);
    std::memcpy(job.header.data(), header.Data(), job.header.size());
    job.frame.length = length;
    std::memcpy(job.frame.bytes.data(), frame.Data(), length);
    return true;
  }

  // {count, kind, jobSeq, tNs, sigmaNs, turnNs, answers, bytes, end}: end is null, or {cause, errno} with the last events.
  Napi::Value take(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    Napi::Uint8Array kind, answers, bytes;
    Napi::Uint32Array word, jobSeq, index, sigmaNs;
    Napi::BigInt64Array tNs, turnNs;
    bool made = false;
    const auto allocate = [&](size_t count) {
      kind = Napi::Uint8Array::New(env, count);
      answers = Napi::Uint8Array::New(env, count);
      bytes = Napi::Uint8Array::New(env, count * kFrameStride);
      word = Napi::Uint32Array::New(env, count);
      jobSeq = Napi::Uint32Array::New(env, count);
      index = Napi::Uint32Array::New(env, count);
      sigmaNs = Napi::Uint32Array::New(env, count);
      tNs = Napi::BigInt64Array::New(env, count);
      turnNs = Napi::BigInt64Array::New(env, count);
      const std::pair<const char*, Napi::Value> all[] = {{"kind", kind},       {"answers", answers}, {"bytes", bytes},  {"jobSeq", jobSeq}, {"word", word}, {"index", index},
                                                         {"sigmaNs", sigmaNs}, {"tNs", tNs},         {"turnNs", turnNs}};
      for (const auto& [name, column] : all) {
        if (column.IsEmpty()) return;
        result.Set(name, column);
      }
      result.Set("count", Napi::Number::New(env, static_cast<double>(count)));
      made = true;
    };
    const auto store = [&](size_t i, const DialogueEvent& event) {
      if (!made) return;
      kind[i] = static_cast<uint8_t>(event.kind);
      answers[i] = event.answers;
      std::memcpy(bytes.Data() + i * kFrameStride, event.frame.data(), kFrameStride);
      word[i] = event.word;
      jobSeq[i] = event.seq;
      index[i] = event.index;
      sigmaNs[i] = event.sigmaNs;
      tNs[i] = event.tNs;
      turnNs[i] = event.turnNs;
    };
    const std::optional<Dialogue::End> ended = dialogue_->takeEvents(allocate, store);
    if (!ended.has_value()) {
      result.Set("end", env.Null());
      return result;
    }
    result.Set("end", endOf(env, ended->cause == Dialogue::End::Cause::kStalled ? "stalled" : "error", ended->errorNumber));
    return result;
  }

  Napi::Value counters(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const DialogueCounters now = dialogue_->counters();
    Napi::Object result = Napi::Object::New(env);
    const std::pair<const char*, double> all[] = {
        {"sent", static_cast<double>(now.sent)},
        {"answered", static_cast<double>(now.answered)},
        {"deadlines", static_cast<double>(now.deadlines)},
        {"unverified", static_cast<double>(now.unverified)},
        {"repeated", static_cast<double>(now.repeated)},
        {"strays", static_cast<double>(now.strays)},
        {"underruns", static_cast<double>(now.underruns)},
        {"starvedNs", static_cast<double>(now.starvedNs)},
        {"leaseExpiries", static_cast<double>(now.leaseExpiries)},
        {"writeWaits", static_cast<double>(now.writeWaits)},
        {"works", static_cast<double>(now.works)},
        {"unheardWorks", static_cast<double>(now.unheardWorks)},
    };
    for (const auto& [name, value] : all) result.Set(name, Napi::Number::New(env, value));
    return result;
  }

  WakeLine wake_;
  std::shared_ptr<Dialogue> dialogue_;
};

}  // namespace
}  // namespace asicr
