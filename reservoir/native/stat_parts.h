// Work in parts on threads that are kept waiting for it: work of a tenth of a millisecond does not pay for starting one.
#pragma once
#include <cstddef>
#include <functional>

namespace asicr {

// Calls part(0) .. part(parts - 1), each once, on the caller and up to members - 1 kept threads, and returns when all are done. A thread that
// comes when all parts are taken is not waited for, so a busy machine costs no more than the caller alone. Where another caller has the
// threads, the caller does it alone. A part must not throw, nor ask for parts itself.
void inParts(size_t parts, size_t members, const std::function<void(size_t)>& part);

// Threads that are kept.
size_t keptThreads();

}  // namespace asicr
