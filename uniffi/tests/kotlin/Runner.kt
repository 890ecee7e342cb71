package io.github.liveupdater.tests

import kotlin.system.exitProcess
import org.junit.runner.Description
import org.junit.runner.JUnitCore
import org.junit.runner.notification.Failure
import org.junit.runner.notification.RunListener

/** Runs the test classes that are named, and prints what `cargo test` would. */
fun main(classes: Array<String>) {
    val results = Results()
    val core = JUnitCore()
    core.addListener(results)
    core.run(*classes.map { Class.forName(it) }.toTypedArray())
    results.printFailures()
    println(results.summary())
    System.out.flush()
    // Threads of the library, and of tests that failed, needn't end first.
    exitProcess(if (results.failures.isEmpty()) 0 else 1)
}

private class Results : RunListener() {
    val failures = mutableListOf<Failure>()
    private var passed = 0
    private var failed = 0
    private var isFailed = false

    override fun testStarted(description: Description) {
        isFailed = false
    }

    override fun testFailure(failure: Failure) {
        failures += failure
        if (!isFailed) {
            failed += 1
            println("test ${name(failure.description)} ... FAILED")
        }
        isFailed = true
    }

    override fun testFinished(description: Description) {
        if (!isFailed) {
            passed += 1
            println("test ${name(description)} ... ok")
        }
    }

    fun printFailures() {
        for (failure in failures) {
            println("\n---- ${name(failure.description)} ----\n${failure.trimmedTrace}")
        }
    }

    fun summary() =
        "\ntest result: ${if (failed == 0) "ok" else "FAILED"}. $passed passed; $failed failed; 0 ignored"

    private fun name(test: Description): String {
        val method = test.methodName?.replace(' ', '_') ?: "set_up"
        return "kotlin::${test.testClass?.simpleName}::$method"
    }
}
