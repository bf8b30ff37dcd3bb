// How a thread of ours wakes JavaScript, and how both end in order. For N-API objects whose thread has something to hand over.
//
// Lifetimes: the thread-safe function holds the JavaScript function, which holds the object, so the object is collected only after close() or when
// the environment is torn down. In the second case the hook, registered after the thread-safe function's own and so run before it, ends the thread
// while the function can still be called. A member of this type stands before the thread's owner, so that it outlives the thread.
#pragma once
#include <napi.h>

#include <functional>
#include <utility>

namespace asicr {
// Unnamed: with UBSan a function of external linkage is no constant that a template can be tested against.
namespace {

class WakeLine {
 public:
  WakeLine() = default;
  WakeLine(const WakeLine&) = delete;
  WakeLine& operator=(const WakeLine&) = delete;

  // False with an exception pending. `name` is what tools that look at asynchronous work show.
  bool open(Napi::Env env, const Napi::Function& wake, const char* name) {
    function_ = Function::New(env, wake, name, 0, 1, nullptr);
    env_ = env;
    return !env.IsExceptionPending();
  }

  // For the thread, until close().
  std::function<void()> caller() {
    return [this] { function_.NonBlockingCall(); };
  }

  // No reason for a program to go on.
  void unref() { function_.Unref(env_); }

  // There is no thread after all.
  void drop() { function_.Abort(); }

  // The thread runs. `end` ends it when the environment goes away.
  void hold(std::function<void()> end) {
    end_ = std::move(end);
    held_ = true;
    napi_add_env_cleanup_hook(env_, environmentEnds, this);
  }

  // Ends the thread as the environment's end would, or in a way of its own. Again, or without a thread: nothing.
  void close() { close(end_); }
  void close(const std::function<void()>& end) {
    if (!held_) return;
    napi_remove_env_cleanup_hook(env_, environmentEnds, this);
    finish(end);
  }

 private:
  static void call(Napi::Env env, Napi::Function wake, std::nullptr_t*, void*) {
    // Both are null when the environment is going away.
    if (env != nullptr && wake != nullptr) wake.Call({});
  }
  using Function = Napi::TypedThreadSafeFunction<std::nullptr_t, void, call>;

  static void environmentEnds(void* self) {
    WakeLine* const line = static_cast<WakeLine*>(self);
    line->finish(line->end_);
  }

  void finish(const std::function<void()>& end) {
    held_ = false;
    end();
    function_.Abort();
  }

  Function function_;
  napi_env env_ = nullptr;
  std::function<void()> end_;
  bool held_ = false;
};

}  // namespace
}  // namespace asicr
