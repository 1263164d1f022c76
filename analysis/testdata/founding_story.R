# Expected results of the founding story's sample, computed by R from the text of
# the workbook alone: neither the readers nor the analyses are asked. Writes
# founding_story.csv (measure, value; a value in words is a verdict or a reason).
#
#   LC_ALL=C.UTF-8 Rscript founding_story.R ../../samples/stories/大模型淘汰赛_2024.xlsx.txt > founding_story.csv
#
# Needs Debian's r-base-core and r-cran-survival.
suppressPackageStartupMessages(library(survival))

args <- commandArgs(trailingOnly = TRUE)
lines <- readLines(args[1], encoding = "UTF-8")
as_of <- as.Date("2024-11-30")
dpy <- 365.25
out <- list()
put <- function(name, value) out[[name]] <<- if (is.numeric(value)) sprintf("%.15g", value) else as.character(value)

sheet <- function(name) {
  from <- which(lines == paste0("-- sheet/", name, " --"))
  to <- min(c(which(startsWith(lines, "-- ") & seq_along(lines) > from), length(lines) + 1)) - 1
  rows <- lines[(from + 1):to]
  rows <- rows[nzchar(rows) & !startsWith(rows, "[note]") & !startsWith(rows, "%") & !startsWith(rows, "[title]") & !startsWith(rows, "[unit]")]
  strsplit(rows, "\t", fixed = TRUE)
}
field <- function(row, i) if (i <= length(row)) row[i] else ""
body <- function(rows) Filter(function(r) !(r[1] %in% c("[head]", "[total]")), rows)

# A day, or the 15th of a month (methods 0.3).
day <- function(s) {
  if (grepl("^@", s)) return(as.Date(substr(s, 2, 11)))
  m <- regmatches(s, regexec("^([0-9]{4})[年.]([0-9]{1,2})月?$", s))[[1]]
  if (length(m)) return(as.Date(sprintf("%s-%02d-15", m[2], as.integer(m[3]))))
  NA
}
wilson <- function(k, n) suppressWarnings(prop.test(k, n, correct = FALSE)$conf.int[1:2])
share <- function(name, k, n) {
  put(name, k / n)
  w <- wilson(k, n)
  put(paste0(name, "|lower"), if (k == 0) 0 else w[1])
  put(paste0(name, "|upper"), if (k == n) 1 else w[2])
}

# --- aliases, owners, camps
alias <- list()
for (r in body(sheet("名称对照"))) alias[[r[1]]] <- r[2]
canon <- function(s) if (!is.null(alias[[s]])) alias[[s]] else s
camp <- list()
owner <- list()
for (r in body(sheet("公司与阵营"))) { owner[[r[1]]] <- r[2]; camp[[r[1]]] <- r[3] }
own <- function(c) if (!is.null(owner[[c]])) owner[[c]] else c

# --- filings
filed <- body(sheet("备案与进展"))
f <- data.frame(model = sapply(filed, function(r) canon(field(r, 2))), company = sapply(filed, field, 3), camp = sapply(filed, field, 4), stringsAsFactors = FALSE)
stages <- c("filed", "launched", "active", "commercial", "finalist")
for (i in 1:4) f[[stages[i]]] <- as.Date(sapply(filed, function(r) as.character(day(field(r, 6 + i)))))
n <- nrow(f)

# --- tokens per day, in 亿
amount <- function(s) {
  s <- gsub("超|约", "", s)
  if (grepl("万亿$", s)) return(as.numeric(sub("万亿$", "", s)) * 1e4)
  if (grepl("亿$", s)) return(as.numeric(sub("亿$", "", s)))
  as.numeric(s)
}
rows <- body(sheet("调用量"))
market <- Filter(function(r) r[1] == "全行业", rows)[[1]]
rows <- Filter(function(r) r[1] != "全行业", rows)
tokens <- data.frame(model = sapply(rows, function(r) canon(r[1])), company = sapply(rows, function(r) own(r[2])), stringsAsFactors = FALSE)
for (i in 1:5) tokens[[paste0("m", i)]] <- sapply(rows, function(r) amount(r[2 + i]))
total <- sapply(3:7, function(i) amount(market[i]))

# Finalists: the fewest models that hold 80 % of the latest market.
o <- order(-tokens$m5)
k <- which(cumsum(tokens$m5[o]) / total[5] >= 0.8 - 1e-9)[1]
finalists <- tokens$model[o][1:k]
put("finalists", k)

# --- funnel
own_date <- !is.na(as.matrix(f[, stages[1:4]]))
reached <- sapply(1:5, function(i) (if (i <= 4) rowSums(own_date[, i:4, drop = FALSE]) > 0 else FALSE) | f$model %in% finalists)
counts <- colSums(reached)
for (i in 1:5) {
  put(paste0("count|", stages[i]), counts[i])
  if (i > 1) {
    share(paste0("step|", stages[i]), counts[i], counts[i - 1])
    share(paste0("cumulative|", stages[i]), counts[i], counts[1])
  }
}
mature <- as.numeric(as_of - f$filed) >= 365
put("n_mature", sum(mature))
for (i in 2:4) {
  d <- as.numeric(f[[stages[i]]] - f$filed)
  share(paste0("window|", stages[i]), sum(mature & !is.na(d) & d >= 0 & d <= 365), sum(mature))
}

# --- Kaplan-Meier of each step, and constant hazards
for (i in 1:3) {
  a <- f[[stages[i]]]; b <- f[[stages[i + 1]]]
  later <- if (i + 2 <= 4) rowSums(own_date[, (i + 2):4, drop = FALSE]) > 0 else rep(FALSE, n)
  later <- later | f$model %in% finalists
  keep <- !is.na(a) & (!is.na(b) & b >= a | is.na(b) & !later)
  time <- as.numeric(ifelse(is.na(b), as_of, b) - as.numeric(a))[keep]
  event <- !is.na(b)[keep]
  name <- paste0(stages[i], "->", stages[i + 1], "|")
  put(paste0(name, "n_at_risk"), length(time))
  put(paste0(name, "n_completed"), sum(event))
  s <- summary(survfit(Surv(time, event) ~ 1, conf.type = "log-log"), censored = FALSE)
  first <- function(x) { at <- which(!is.na(x) & x <= 0.5 + 1e-12); if (length(at)) s$time[at[1]] else NA }
  for (m in list(c("median_days", first(s$surv)), c("median_lower", first(s$lower)), c("median_upper", first(s$upper))))
    put(paste0(name, m[1]), if (is.na(m[2])) "not_reached" else as.numeric(m[2]))
  for (d in c(31, 60, 120)) {
    at <- which(s$time <= d)
    if (length(at)) {
      j <- max(at)
      put(paste0(name, "survival|", d), s$surv[j])
    }
  }
  d <- sum(event); T <- sum(time)
  put(paste0(name, "rate_per_year"), d / T * dpy)
  ci <- poisson.test(d, T)$conf.int
  put(paste0(name, "rate_lower"), ci[1] * dpy)
  put(paste0(name, "rate_upper"), ci[2] * dpy)
}

# --- log-rank by camp, filed to active
late <- is.na(f$active) & (!is.na(f$commercial) | f$model %in% finalists)
keep <- !late & (is.na(f$active) | f$active >= f$filed)
time <- as.numeric(ifelse(is.na(f$active), as_of, f$active) - as.numeric(f$filed))[keep]
sd <- survdiff(Surv(time, !is.na(f$active)[keep]) ~ f$camp[keep])
put("log_rank|chi_square", sd$chisq)
put("log_rank|p_value", pchisq(sd$chisq, length(sd$n) - 1, lower.tail = FALSE))

# --- entry by quarter (nobody left)
entry <- pmin(f$filed, f$launched, f$active, f$commercial, na.rm = TRUE)
quarter <- paste0(format(entry, "%Y"), "Q", (as.integer(format(entry, "%m")) + 2) %/% 3)
for (q in sort(unique(quarter))) put(paste0("entries|", q), sum(quarter == q))
put("stock_end", n)

# --- transitions from quarter to quarter
ends <- as.Date(c("2023-09-30", "2023-12-31", "2024-03-31", "2024-06-30", "2024-09-30"))
state <- sapply(ends, function(e) apply(as.matrix(data.frame(lapply(f[, stages[1:4]], as.numeric))), 1, function(d) { at <- which(!is.na(d) & d <= as.numeric(e)); if (length(at)) max(at) else NA }))
moves <- table(factor(c(state[, -5]), 1:4), factor(c(state[, -1]), 1:4))
for (i in 1:4) for (j in 1:4) put(paste0("transition|", stages[i], "|", stages[j]), moves[i, j])

# --- survivors: gamma-binomial, no exit
gamma_binomial <- function(name, N, d, T, h) {
  p <- function(k) {
    g <- function(u) 2 * u * dgamma(u^2, d + 0.5, 1) * dbinom(k, N, exp(-u^2 / T * h))
    breaks <- seq(0, 20, 0.5)
    sum(mapply(function(a, b) integrate(g, a, b, rel.tol = 1e-11, abs.tol = 0, stop.on.error = FALSE)$value, breaks[-length(breaks)], breaks[-1]))
  }
  pk <- sapply(0:N, p)
  put(paste0(name, "|expected"), N * (T / (T + h))^(d + 0.5))
  put(paste0(name, "|p_between_3_4"), pk[4] + pk[5])
  put(paste0(name, "|p_at_most_4"), sum(pk[1:5]))
  for (q in c(5, 50, 95)) put(paste0(name, "|q", sprintf("%02d", q)), which(cumsum(pk) >= q / 100 - 1e-12)[1] - 1)
  pk[4] + pk[5]
}
seen <- f$filed # observation begins when a model is filed
T <- sum(as.numeric(as_of - seen))
put("exposure_days", T)
p1 <- gamma_binomial("all_time", n, 0, T, 365)
T1 <- sum(as.numeric(as_of - pmax(seen, as_of - 365)))
p2 <- gamma_binomial("last_year", n, 0, T1, 365)
firm <- sapply(split(seq_len(n), sapply(f$company, own)), function(i) as.numeric(as_of - min(seen[i])))
put("firms", length(firm))
firms <- gamma_binomial("firms_all_time", length(firm), 0, sum(firm), 365)
needed <- log(n / 4) / 365 * dpy
put("hazard_needed", needed)
put("hazard_upper", poisson.test(0, T)$conf.int[2] * dpy)
put("hazard_factor_lower", needed / (poisson.test(0, T)$conf.int[2] * dpy))

# --- growth of Doubao's tokens, May to September
d <- tokens[tokens$model == "豆包", ]
ratio <- d$m5 / d$m1
put("doubao|ratio", ratio)
span <- as.numeric(as.Date(c("2024-09-15", "2024-09-01", "2024-09-30")) - as.Date(c("2024-05-15", "2024-05-31", "2024-05-01")))
put("doubao|span_days", span[1])
for (i in 1:3) put(paste0("doubao|doubling_days", c("", "_min", "_max"))[i], span[i] * log(2) / log(ratio))

# --- cadence: distinct days of release, a month by its 15th, the open gap counted
r <- body(sheet("版本迭代"))
released <- data.frame(model = sapply(r, function(x) canon(x[1])), day = as.Date(sapply(r, function(x) as.character(day(x[4])))), stringsAsFactors = FALSE)
for (m in c("文心一言", "通义千问", "Kimi")) {
  d <- sort(unique(released$day[released$model == m]))
  gaps <- as.numeric(diff(d)); open <- as.numeric(as_of - max(d))
  put(paste0("cadence|", m, "|median_gap_days"), median(gaps))
  put(paste0("cadence|", m, "|open_gap_days"), open)
  put(paste0("cadence|", m, "|rate_per_year"), length(gaps) / (sum(gaps) + open) * dpy)
  ci <- poisson.test(length(gaps), sum(gaps) + open)$conf.int * dpy
  put(paste0("cadence|", m, "|rate_lower"), ci[1])
  put(paste0("cadence|", m, "|rate_upper"), ci[2])
}

# --- Gibrat over firms
fit <- lm(log(m5) ~ log(m1), data = aggregate(cbind(m1, m5) ~ company, tokens, sum))
beta <- c(coef(fit)[2], confint(fit)[2, ])
for (i in 1:3) put(paste0("gibrat|", c("beta", "lower", "upper"))[i], beta[i])

# --- camps
by_camp <- tapply(tokens$m5, sapply(tokens$company, function(c) camp[[c]]), sum)
by_camp <- by_camp[names(by_camp) != "其他"]
two <- sum(sort(by_camp, decreasing = TRUE)[1:2]) / total[5]
rest <- 1 - sum(tokens$m5) / total[5]
put("two_camps|share", two)
put("two_camps|upper", two + rest)

# --- price wars: falls of at least 10 %, per model, day and company; 30 days, 3 companies
price <- function(s, per) {
  if (s == "免费") return(0)
  m <- regmatches(s, regexec("^([0-9.]+)(元|厘)?/?(千tokens|百万tokens)?$", s))[[1]]
  if (!length(m)) return(NA)
  v <- as.numeric(m[2]) * if (m[3] == "厘") 0.001 else 1
  unit <- if (m[4] == "") per else m[4]
  v * if (unit == "千tokens") 1000 else 1
}
obs <- data.frame()
add <- function(company, model, kind, date, p, before = NA) if (!is.na(p)) obs <<- rbind(obs, data.frame(company = own(company), model = tolower(gsub("[- ]", "", canon(model))), kind = kind, date = date, price = p, before = before, stringsAsFactors = FALSE))
vendor <- ""
for (r in body(sheet("刊例价"))) {
  if (r[1] != "^") vendor <- r[1]
  for (i in 1:3) {
    date <- as.Date(c("2024-05-15", "2024-05-23", "2024-09-30"))[i]
    # A header that is the first of a month is a day where it is a real date.
    if (i == 1) date <- as.Date("2024-05-01")
    a <- field(r, 2 + 2 * i); b <- field(r, 3 + 2 * i)
    if (b == "<") add(vendor, r[2], "flat", date, price(a, "千tokens"))
    else { add(vendor, r[2], "input", date, price(a, "千tokens")); add(vendor, r[2], "output", date, price(b, "千tokens")) }
  }
}
for (r in body(sheet("降价公告"))) {
  kind <- c("输入" = "input", "输出" = "output")[field(r, 4)]
  if (is.na(kind)) kind <- "flat"
  before <- if (nzchar(field(r, 5))) price(field(r, 5), "") else NA
  add(r[2], r[3], unname(kind), as.Date(substr(r[1], 2, 11)), price(field(r, 6), ""), before)
}
obs <- obs[order(obs$model, obs$kind, obs$date, obs$price), ]
cuts <- data.frame()
for (s in split(obs, paste(obs$company, obs$model, obs$kind))) {
  s <- s[!duplicated(s$date), ]
  for (i in seq_len(nrow(s))) {
    prev <- if (i > 1) s$price[i - 1] else s$before[1]
    if (!is.na(prev) && prev > 0 && 1 - s$price[i] / prev >= 0.1 - 1e-12)
      cuts <- rbind(cuts, data.frame(date = s$date[i], company = s$company[i], model = s$model[i], free = s$price[i] == 0))
  }
}
cuts <- aggregate(free ~ date + company + model, cuts, any)
cuts <- cuts[order(cuts$date, cuts$company, cuts$model), ]
put("cuts", nrow(cuts))
wars <- list()
for (d in as.list(unique(cuts$date))) {
  w <- cuts[cuts$date >= d & cuts$date < d + 30, ]
  if (length(unique(w$company)) < 3) next
  if (length(wars) && d <= wars[[length(wars)]][2]) wars[[length(wars)]][2] <- max(wars[[length(wars)]][2], max(w$date))
  else wars[[length(wars) + 1]] <- c(d, max(w$date))
}
put("wars", length(wars))
free <- unique(unlist(lapply(wars, function(w) { c <- cuts[cuts$free & cuts$date >= w[1] & cuts$date <= pmin(w[2], w[1] + 60), ]; paste(c$company, c$model) })))
put("free_within_60_days", length(free))

# --- verdicts: inside the region, outside it, or neither (methods 8.2)
verdict <- function(name, low, high, from, to) put(paste0("verdict|", name), if (low >= from && high <= to) "supported" else if (high < from || low > to) "contradicted" else "undecided")
w <- wilson(counts[5], n); verdict("one_in_ten", w[1], w[2], 0.05, 0.15)
lost <- n - counts[3]
share("ninety_nine_percent", lost, n)
w <- wilson(lost, n); verdict("ninety_nine_percent", w[1], w[2], 0.98, 1)
p <- c(p1, p2, 0)
put("verdict|three_or_four_remain", if (min(p) >= 0.5) "supported" else if (max(p) <= 0.05) "contradicted" else "undecided")
put("verdict|strong_stay_strong", if (beta[2] > 1) "supported" else if (beta[3] < 1) "contradicted" else "undecided")
put("verdict|price_war", if (length(wars) >= 1) "supported" else "contradicted")
put("verdict|free_war", if (length(free) >= 1) "supported" else "contradicted")
put("verdict|tokens_tenfold", if (ratio >= 10 && span[1] <= 123) "supported" else "undecided")
verdict("two_camps", two, two + rest, 0.9, 1)

# Services over models: two units, no ratio.
stated <- body(sheet("口径"))
units <- sapply(stated, field, 5)
put("stated|active_of_filed", if (units[1] == units[3]) "ratio" else "unit_mismatch")

cat("measure,value\n")
for (name in names(out)) cat(name, ",", out[[name]], "\n", sep = "")
