#include "tests/catch.h"

#include <fstream>

#include "base/strings.h"
#include "tests/temporary_folder.h"

using namespace tb;

static void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST_CASE("strings: files merge, arguments and plural forms are filled in", "[strings]") {
  TemporaryFolder folder;
  write(folder.path / "ru/a.toml", "[status]\nmemory = \"память {0}\"\n[tokens.count]\none = \"{0} токен\"\nfew = \"{0} токена\"\nmany = \"{0} токенов\"\n");
  write(folder.path / "ru/b.toml", "[error.\"gguf.cut\"]\nwhat = \"Файл оборван: {0}, вид: {1}.\"\nremedy = \"Скачайте.\"\n[type]\ntext = \"текст\"\n");
  const auto strings = Strings::load(folder.path, "ru");
  REQUIRE(strings);
  CHECK(strings->format("status.memory", {"2 МБ"}) == "память 2 МБ");
  CHECK(strings->get("status.absent") == "[[status.absent]]");
  // CLDR's rules for Russian, the numbers where they change.
  for (const auto& [n, form] : std::vector<std::pair<int, std::string>>{{0, "токенов"}, {1, "токен"}, {2, "токена"}, {4, "токена"},
           {5, "токенов"}, {11, "токенов"}, {12, "токенов"}, {14, "токенов"}, {21, "токен"}, {22, "токена"}, {111, "токенов"}, {112, "токенов"}, {121, "токен"}})
    CHECK(strings->plural("tokens.count", n) == std::to_string(n) + " " + form);
  const Message message = describe(Error{"gguf.cut", "x.gguf:12", {"нет {1}", "@type.text"}}, *strings);
  CHECK(message.what == "Файл оборван: нет {1}, вид: текст.");   // an argument is never a template
  CHECK(message.remedy == "Скачайте.");
  CHECK(describe(Error{"no.text", "", {"a", "b"}}, *strings).what == "no.text: a, b");
}

TEST_CASE("strings: what is wrong is located", "[strings]") {
  TemporaryFolder folder;
  CHECK(Strings::load(folder.path, "en").error().code == "strings.missing");
  write(folder.path / "en/a.toml", "good = \"1\"\nbad = \n");
  const auto broken = Strings::load(folder.path, "en");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == "strings.syntax");
  CHECK(broken.error().where == (folder.path / "en/a.toml").string() + ":2");
  write(folder.path / "en/a.toml", "[x]\nk = \"1\"\n");
  write(folder.path / "en/b.toml", "[x]\nk = \"2\"\n");
  const auto twice = Strings::load(folder.path, "en");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == "strings.twice");
  CHECK(twice.error().args == std::vector<std::string>{"x.k"});
}
