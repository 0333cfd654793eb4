#include "app/saves.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace tb::app {

Saves::Saves(const std::filesystem::path& folder) : notify_(::inotify_init1(IN_CLOEXEC)) {
  watching_ = ::inotify_add_watch(notify_.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) >= 0;
}

std::vector<std::string> Saves::wait(int stop) {
  std::vector<std::string> names;
  while (names.empty()) {
    pollfd polled[2] = {{notify_.get(), POLLIN, 0}, {stop, POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0 || polled[1].revents) break;
    alignas(inotify_event) char events[4096];
    const auto size = ::read(notify_.get(), events, sizeof events);
    for (const char* at = events; at < events + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      if (event->len > 0) names.emplace_back(event->name);
      at += sizeof(inotify_event) + event->len;
    }
  }
  return names;
}

}  // namespace tb::app
