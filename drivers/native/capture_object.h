// A capture as a JavaScript class: new Capture(fd, baud, length, wake, delivery). `delivery` may be left out on a pseudo-terminal; `wake` is called
// on the JavaScript thread when take() has something, at most once until then. Included by addon.cc and dialogue_object.h alone.
#pragma once
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "drivers/native/capture.h"
#include "drivers/native/napi_arguments.h"
#include "drivers/native/port_addon.h"
#include "drivers/native/wake_line.h"

namespace asicr {
namespace {

// 7, 9 and 11 as they are, 0 for either.
bool readLength(const Napi::Value& value, ResponseLength& length) {
  if (!value.IsNumber()) return false;
  switch (value.As<Napi::Number>().Int32Value()) {
    case 7:
      length = ResponseLength::kSeven;
      return true;
    case 9:
      length = ResponseLength::kNine;
      return true;
    case 11:
      length = ResponseLength::kEleven;
      return true;
    case 0:
      length = ResponseLength::kEither;
      return true;
    default:
      return false;
  }
}

// Any random number will do: it tells a capture from other objects.
constexpr napi_type_tag kCaptureTag = {0x6b1f4a3d9c0e4d27, 0x8f52c7a1e09b4d63};

class CaptureObject : public Napi::ObjectWrap<CaptureObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Capture",
                       {InstanceMethod<&CaptureObject::take>("take"), InstanceMethod<&CaptureObject::setBaud>("setBaud"),
                        InstanceMethod<&CaptureObject::setResponseLength>("setResponseLength"),
                        InstanceMethod<&CaptureObject::counters>("counters"), InstanceMethod<&CaptureObject::stop>("stop"),
                        InstanceMethod<&CaptureObject::keepStrays>("keepStrays"),
                        InstanceAccessor<&CaptureObject::realtime>("realtime")});
  }

  explicit CaptureObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CaptureObject>(info) {
    Napi::Env env = info.Env();
    uint32_t baud = 0;
    ResponseLength length{};
    PortDelivery delivery;
    const bool known = info.Length() == 4 || (info.Length() == 5 && readDelivery(info[4], delivery));
    if (!known || !info[0].IsNumber() || !readPositive(info[1], baud) || !readLength(info[2], length) || !info[3].IsFunction()) {
      refuse(env, "a descriptor, a rate, a response length, a function and perhaps a delivery are expected");
      return;
    }
    if (!wake_.open(env, info[3].As<Napi::Function>(), "asicr-capture")) return;
    int error = 0;
    capture_ = Capture::start(info[0].As<Napi::Number>().Int32Value(), baud, length, wake_.caller(), error, delivery);
    if (capture_ == nullptr) {
      wake_.drop();
      refuseWithErrno(env, error);
      return;
    }
    wake_.hold([this] { capture_->stop(); });
    info.This().As<Napi::Object>().TypeTag(&kCaptureTag);
  }

  ~CaptureObject() override { wake_.close(); }

  std::shared_ptr<Capture> capture() const { return capture_; }

 private:
  Napi::Value stop(const Napi::CallbackInfo& info) {
    wake_.close();
    return info.Env().Undefined();
  }

  Napi::Value setBaud(const Napi::CallbackInfo& info) {
    uint32_t baud = 0;
    if (!readPositive(info[0], baud)) return refuse(info.Env(), "a rate is expected");
    capture_->setBaud(baud);
    return info.Env().Undefined();
  }

  Napi::Value setResponseLength(const Napi::CallbackInfo& info) {
    ResponseLength length{};
    if (!readLength(info[0], length)) return refuse(info.Env(), "a response length is expected");
    capture_->setLength(length);
    return info.Env().Undefined();
  }

  Napi::Value realtime(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), capture_->realtime()); }

  Napi::Value counters(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const CaptureCounters now = capture_->counters();
    Napi::Object result = Napi::Object::New(env);
    result.Set("bytesRead", Napi::Number::New(env, static_cast<double>(now.bytesRead)));
    result.Set("frames", Napi::Number::New(env, static_cast<double>(now.frames)));
    result.Set("discardedBytes", Napi::Number::New(env, static_cast<double>(now.discardedBytes)));
    result.Set("overruns", Napi::Number::New(env, static_cast<double>(now.overruns)));
    return result;
  }

  Napi::Value keepStrays(const Napi::CallbackInfo& info) {
    capture_->keepStrays();
    return info.Env().Undefined();
  }

  // Columns of a FrameBatch; empty when there is no memory for them.
  struct Columns {
    Columns(Napi::Env env, size_t count)
        : times(Napi::BigInt64Array::New(env, count)),
          sigmas(Napi::Uint32Array::New(env, count)),
          frames(Napi::Uint8Array::New(env, count * kFrameStride)) {}
    bool empty() const { return times.IsEmpty() || sigmas.IsEmpty() || frames.IsEmpty(); }
    void set(size_t at, const CapturedFrame& frame) {
      times[at] = frame.tNs;
      sigmas[at] = frame.sigmaNs;
      std::memcpy(frames.Data() + at * kFrameStride, frame.bytes.data(), kFrameStride);
    }
    void into(Napi::Object object, size_t count) const {
      object.Set("count", Napi::Number::New(object.Env(), static_cast<double>(count)));
      object.Set("tNs", times);
      object.Set("sigmaNs", sigmas);
      object.Set("bytes", frames);
    }
    Napi::BigInt64Array times;
    Napi::Uint32Array sigmas;
    Napi::Uint8Array frames;
  };

  // {count, tNs, sigmaNs, bytes, all, end}: `all` holds bytes of no frame, too, in their place; null when there are none. `end` is null, or
  // {cause, errno} with the last frames.
  Napi::Value take(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    taken_.clear();
    const std::optional<CaptureEnd> end =
        capture_->take([&](size_t count) { taken_.reserve(count); }, [&](size_t, const CapturedFrame& frame) { taken_.push_back(frame); });
    const auto isFrame = [](const CapturedFrame& frame) { return (frame.bytes[0] & kStray) == 0; };
    const auto frameCount = static_cast<size_t>(std::count_if(taken_.begin(), taken_.end(), isFrame));
    Columns frames(env, frameCount);
    if (frames.empty()) return env.Undefined();
    size_t at = 0;
    for (const CapturedFrame& frame : taken_)
      if (isFrame(frame)) frames.set(at++, frame);
    frames.into(result, frameCount);
    result.Set("all", env.Null());
    if (frameCount < taken_.size()) {
      Columns all(env, taken_.size());
      if (all.empty()) return env.Undefined();
      for (size_t i = 0; i < taken_.size(); i++) all.set(i, taken_[i]);
      Napi::Object everything = Napi::Object::New(env);
      all.into(everything, taken_.size());
      result.Set("all", everything);
    }
    if (!end.has_value()) {
      result.Set("end", env.Null());
      return result;
    }
    const char* causes[] = {"end-of-stream", "hung-up", "error"};
    result.Set("end", endOf(env, causes[static_cast<int>(end->cause)], end->errorNumber));
    return result;
  }

  WakeLine wake_;
  std::shared_ptr<Capture> capture_;
  std::vector<CapturedFrame> taken_;
};

// nullptr when it is no capture, or one that was never started.
std::shared_ptr<Capture> captureOf(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kCaptureTag)) return nullptr;
  return CaptureObject::Unwrap(value.As<Napi::Object>())->capture();
}

}  // namespace
}  // namespace asicr
